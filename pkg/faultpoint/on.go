//go:build faultinject

package faultpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Enabled says whether this program can be made to fail.
const Enabled = true

// Hit is a step of that name. It fails only when it was told to.
func Hit(name string) error {
	for _, fault := range strings.Split(os.Getenv("FAULT"), ",") {
		if what, ok := strings.CutPrefix(fault, name+":"); ok {
			return happen(name, what)
		}
	}
	return nil
}

func happen(name, what string) error {
	if what == "kill" {
		syscall.Kill(os.Getpid(), syscall.SIGKILL) //nolint:errcheck // nothing is left to tell
		select {}
	}
	if stall, ok := strings.CutPrefix(what, "stall:"); ok {
		wait, err := time.ParseDuration(stall)
		if err != nil {
			return fmt.Errorf("fault point %s: %w", name, err)
		}
		time.Sleep(wait)
		return nil
	}
	return fmt.Errorf("fault point %s: %s", name, what)
}

// Clock returns now as this program sees it.
func Clock(now func() time.Time) func() time.Time {
	path := os.Getenv("FAULT_CLOCK")
	if path == "" {
		return now
	}
	return func() time.Time {
		text, err := os.ReadFile(path)
		if err != nil {
			return now()
		}
		wrong, err := time.ParseDuration(strings.TrimSpace(string(text)))
		if err != nil {
			return now()
		}
		return now().Add(wrong)
	}
}

// Synced tells that a journal has so many bytes on the disk.
func Synced(bytes int64) {
	if path := os.Getenv("FAULT_SYNCED"); path != "" {
		next := path + ".next"                                          // whole or not at all: the process may be killed at this very moment
		os.WriteFile(next, []byte(strconv.FormatInt(bytes, 10)), 0o600) //nolint:errcheck // the test that reads it will miss it
		os.Rename(next, path)                                           //nolint:errcheck // likewise
	}
}
