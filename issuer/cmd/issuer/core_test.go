package main

import (
	"context"
	"io"
	"syscall"
	"testing"
)

// Private keys are in memory: no crash of this program may write them to a disk. It is so before a key is opened.
func TestItLeavesNoCore(t *testing.T) {
	if err := run(context.Background(), nil, getenv(nil), io.Discard); err == nil {
		t.Fatal("it ran without a configuration")
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil || limit != (syscall.Rlimit{}) {
		t.Errorf("core files are limited to %d bytes (%v)", limit.Cur, err)
	}
}
