//go:build faultinject

package faultpoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"justice-wallet/pkg/faultpoint"
)

func TestAStepFailsAsItIsTold(t *testing.T) {
	t.Setenv("FAULT", "a.step:err,another:stall:1ms,third:stall:soon")
	if err := faultpoint.Hit("a.step"); err == nil || !strings.Contains(err.Error(), "a.step") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"another", "step", "a"} {
		if err := faultpoint.Hit(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if faultpoint.Hit("third") == nil {
		t.Error("a stall of no length was taken")
	}
}

func TestAStepKills(t *testing.T) {
	if os.Getenv("FAULT") == "a.step:kill" {
		err := faultpoint.Hit("a.step")
		t.Fatalf("still alive: %v", err)
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestAStepKills$")
	child.Env = append(os.Environ(), "FAULT=a.step:kill")
	err := child.Run()
	if state, ok := child.ProcessState.Sys().(syscall.WaitStatus); err == nil || !ok || state.Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", err)
	}
}

func TestTheClockIsWrongByWhatTheFileSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "offset")
	t.Setenv("FAULT_CLOCK", path)
	start := time.Unix(1000, 0)
	now := faultpoint.Clock(func() time.Time { return start })
	if !now().Equal(start) {
		t.Error("wrong without a file")
	}
	if err := os.WriteFile(path, []byte("-1m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := now(); !got.Equal(start.Add(-time.Minute)) {
		t.Errorf("it is %v", got)
	}
}

func TestWhatIsSyncedIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "synced")
	t.Setenv("FAULT_SYNCED", path)
	faultpoint.Synced(123)
	if text, err := os.ReadFile(path); err != nil || string(text) != "123" {
		t.Errorf("%q (%v)", text, err)
	}
}
