package soak

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed shim/shim.c
var shimSource []byte

// buildShim compiles what is preloaded into redis-server, and returns where it is.
func buildShim(dir string) (string, error) {
	source, library := filepath.Join(dir, "shim.c"), filepath.Join(dir, "shim.so")
	if err := os.WriteFile(source, shimSource, 0o600); err != nil {
		return "", err
	}
	gcc := exec.Command("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl")
	if said, err := gcc.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the shim: %w: %s", err, said)
	}
	return library, nil
}

// dropUnsynced cuts every file under dir to what the record says of it; a file that it does not name had nothing on the
// disk. The record then says what there is.
func dropUnsynced(dir, record string) (lost int64, err error) {
	synced, err := readSynced(record)
	if err != nil {
		return 0, err
	}
	var kept strings.Builder
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if over := info.Size() - synced[path]; over > 0 {
			lost += over
			err = os.Truncate(path, synced[path])
		}
		fmt.Fprintf(&kept, "S %d %s\n", min(info.Size(), synced[path]), path)
		return err
	})
	if err != nil {
		return 0, err
	}
	return lost, os.WriteFile(record, []byte(kept.String()), 0o600)
}

// readSynced returns the bytes of each file that are on the disk.
func readSynced(record string) (map[string]int64, error) {
	text, err := os.ReadFile(record)
	if err != nil {
		return nil, err
	}
	synced := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch kind {
		case "S":
			size, path, _ := strings.Cut(rest, " ")
			if synced[path], err = strconv.ParseInt(size, 10, 64); err != nil {
				return nil, fmt.Errorf("read what was synced: %w", err)
			}
		case "R":
			from, to, _ := strings.Cut(rest, "\t")
			synced[to] = synced[from]
			delete(synced, from)
		}
	}
	return synced, nil
}

// LosePower writes to a redis-server with that policy of syncing, has it lose its power, and counts what it comes back
// with.
func LosePower(dir, appendfsync string) (kept, of int, err error) {
	shim, err := buildShim(dir)
	if err != nil {
		return 0, 0, err
	}
	r, err := newRedis(filepath.Join(dir, "redis"), shim, "--appendfsync", appendfsync)
	if err != nil {
		return 0, 0, err
	}
	defer func() { r.kill() }()
	of = 100
	for n := range of {
		if _, err := r.do("SET", strconv.Itoa(n), "x"); err != nil {
			return 0, 0, err
		}
	}
	if _, err := r.losePower(); err != nil {
		return 0, 0, err
	}
	if err := r.start(); err != nil {
		return 0, 0, err
	}
	size, err := r.do("DBSIZE")
	if err != nil {
		return 0, 0, err
	}
	kept, err = strconv.Atoi(size)
	return kept, of, err
}

// cutToSynced does the same to a file whose owner tells its length itself.
func cutToSynced(path, record string) (lost int64, err error) {
	text, err := os.ReadFile(record)
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read what was synced: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() <= size {
		return 0, err
	}
	return info.Size() - size, os.Truncate(path, size)
}
