package nocore_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"justice-wallet/pkg/nocore"
)

// child has this program forbid core files, in a process of its own, and tell what the system then allows.
const child = "NOCORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	var limit syscall.Rlimit
	if err := nocore.Forbid(); err != nil {
		fmt.Println(err)
	} else if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%d %d\n", limit.Cur, limit.Max)
}

// The child begins with as much as the machine allows.
func TestTheSystemWritesNoCore(t *testing.T) {
	c := exec.Command("sh", "-c", `ulimit -S -c "$(ulimit -H -c)" && exec "$0"`, os.Args[0])
	c.Env = append(os.Environ(), child+"=yes")
	out, err := c.CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "0 0" {
		t.Errorf("soft and hard limit of core files: %q (%v), want 0 0", out, err)
	}
}
