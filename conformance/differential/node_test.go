//go:build interop

package differential_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"testing"

	"justice-wallet/conformance/interop"
)

// stacks is where other people's libraries are.
const stacks = "../interop"

// reader is a library in one process of its own, which is asked line by line.
type reader struct {
	t  *testing.T
	in io.Writer
	*bufio.Reader
}

func newReader(t *testing.T, script string, args ...string) *reader {
	t.Helper()
	if err := interop.Install(stacks); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	command.Dir = stacks
	command.Stderr = t.Output()
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()     // ends the process
		command.Wait() // killed with the test's context, if it did not end
	})
	return &reader{t, in, bufio.NewReader(out)}
}

// read has the library read raw: what it makes of it, or why it refuses.
func (r *reader) read(raw []byte, into any) error {
	r.t.Helper()
	if _, err := fmt.Fprintln(r.in, hex.EncodeToString(raw)); err != nil {
		r.t.Fatal(err)
	}
	line, err := r.ReadBytes('\n')
	if err != nil {
		r.t.Fatalf("%x ended the library's process: %v", raw, err)
	}
	var answer struct {
		Read  json.RawMessage
		Error *string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		r.t.Fatal(err)
	}
	if answer.Error != nil {
		return fmt.Errorf("%s", *answer.Error)
	}
	return json.Unmarshal(answer.Read, into)
}
