package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"justice-wallet/keys"
)

// TestMain lets scripts call the command, by the clock that they name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"keys": func() {
		now := func() time.Time {
			at, err := time.Parse(time.RFC3339, os.Getenv("NOW"))
			if err != nil {
				panic(err)
			}
			return at
		}
		cheap := keys.Cost{Time: 1, Memory: 8 << 10, Threads: 1} // dozens of commands, of keys that are thrown away
		if err := runAt(cheap, os.Args[1:], os.Getenv, now, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "keys:", err)
			os.Exit(1)
		}
	}})
}

// Each file of testdata/script is a transcript of the command: what is asked, and what it answers.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("KEYS_PASSPHRASE", "synthetic passphrase")
			e.Setenv("NOW", "2026-11-24T09:00:00Z")
			e.Setenv("USER", "synthetic-custodian")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"key": setKey},
	})
}

// setKey is "key NAME PURPOSE STATE": it names the one key in that state in what the last command printed.
func setKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: key NAME PURPOSE STATE")
	}
	var found []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == args[1] && f[2] == args[2] {
			found = append(found, f[0])
		}
	}
	if len(found) != 1 {
		ts.Fatalf("%d %s keys are %s", len(found), args[1], args[2])
	}
	ts.Setenv(args[0], found[0])
}
