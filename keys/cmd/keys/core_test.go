package main

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Private keys are in memory: no crash of this program may write them to a disk. It is so before a key is opened.
func TestItLeavesNoCore(t *testing.T) {
	if err := run([]string{"list"}, os.Getenv, time.Now, strings.NewReader(""), io.Discard); err == nil {
		t.Fatal("it ran without a directory of keys")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil || limit != (syscall.Rlimit{}) {
		t.Errorf("core files are limited to %d bytes (%v)", limit.Cur, err)
	}
}
