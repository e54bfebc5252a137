package soak

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// redis is a redis-server on a loopback port and what it keeps.
type redis struct {
	*process
	dir, port string
	shim      string   // preloaded; empty: none
	synced    string   // what the shim writes of files that reached the disk
	settings  []string // more of its command line
}

func newRedis(dir, shim string, settings ...string) (*redis, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	r := &redis{dir: dir, port: port, shim: shim, synced: dir + ".synced", settings: settings}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return r, r.start()
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func (r *redis) address() string { return "127.0.0.1:" + r.port }

// errEnded means that the server would not start on what it found.
var errEnded = errors.New("redis-server ended")

// start starts it as docs/running.md asks, on what its directory holds, and waits until it serves.
func (r *redis) start() error {
	args := append([]string{
		"--bind", "127.0.0.1", "--port", r.port, "--dir", r.dir, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
		"--aof-load-truncated", "no", "--maxmemory-policy", "noeviction", "--enable-debug-command", "no", "--repl-diskless-sync-delay", "0",
	}, r.settings...)
	env := environment()
	if r.shim != "" {
		env = append(env, "LD_PRELOAD="+r.shim, "SOAK_SYNCED="+r.synced)
	}
	var err error
	if r.process, err = start("redis-server", env, "redis-server", args...); err != nil {
		return err
	}
	for {
		if answer, err := r.do("PING"); err == nil && answer == "PONG" {
			return nil
		}
		select {
		case <-r.done:
			return fmt.Errorf("%w: %s", errEnded, r.log)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

const redisTimeout = 5 * time.Second

// do sends one command on a connection of its own, and returns the answer as text.
func (r *redis) do(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", r.address(), redisTimeout)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // the answer was read
	if err := conn.SetDeadline(time.Now().Add(redisTimeout)); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(conn, b.String()); err != nil {
		return "", err
	}
	return readReply(bufio.NewReader(conn))
}

func readReply(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	switch line[0] {
	case '-':
		return "", errors.New(line[1:])
	case '$':
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return "", err
		}
		text := make([]byte, n+2)
		_, err = io.ReadFull(in, text)
		return string(text[:n]), err
	}
	return line[1:], nil
}

// inStep says whether a replica has everything that its primary has sent it.
func (r *redis) inStep() error {
	info, err := r.do("INFO", "replication")
	if err != nil {
		return err
	}
	if !strings.Contains(info, "master_link_status:up") || !strings.Contains(info, "master_sync_in_progress:0") {
		return errors.New("the link is not up")
	}
	return nil
}

// aof is the file that takes the newest writes.
func (r *redis) aof() (string, error) {
	files, err := filepath.Glob(filepath.Join(r.dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(files) == 0 {
		return "", errors.Join(errors.New("no append-only file"), err)
	}
	return files[len(files)-1], nil
}

// cut takes n bytes off the end of the append-only file of a dead server.
func (r *redis) cut(n int64) error {
	path, err := r.aof()
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, max(0, info.Size()-n))
}

// repair is what an operator does to an append-only file that redis-server refuses.
func (r *redis) repair() error {
	path, err := r.aof()
	if err != nil {
		return err
	}
	fix := exec.Command("redis-check-aof", "--fix", path)
	fix.Env, fix.Stdin = environment(), strings.NewReader("y\n")
	if said, err := fix.CombinedOutput(); err != nil {
		return fmt.Errorf("repair append-only file: %w: %s", err, said)
	}
	return nil
}

// empty takes everything a dead server kept.
func (r *redis) empty() error { return os.RemoveAll(filepath.Join(r.dir, "appendonlydir")) }

// losePower kills the server and takes from its files whatever had not reached the disk. It returns how many bytes that
// was.
func (r *redis) losePower() (int64, error) {
	r.kill()
	return dropUnsynced(r.dir, r.synced)
}
