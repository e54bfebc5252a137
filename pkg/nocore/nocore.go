// Package nocore keeps what a process holds in memory out of core files, private keys above all.
package nocore

import (
	"fmt"
	"syscall"
)

// Forbid has the system write no core file of this process, whatever ends it. It cannot be undone, unless by root.
func Forbid() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	return nil
}
