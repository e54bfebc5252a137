package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/story"
)

// errNotHeld means that a step did not show what it should.
var errNotHeld = errors.New("not every step held")

// run plays the story in a rig, and prints each step as it ends.
func run(ctx context.Context, o rig.Options, asJSON bool, out io.Writer) error {
	r, err := rig.Start(ctx, o)
	if err != nil {
		return err
	}
	print := text
	if asJSON {
		print = object
	}
	steps, held := 0, true
	err = story.Play(ctx, r, func(s story.Step) error {
		steps++
		held = held && s.OK
		return print(out, s)
	})
	if err == nil {
		err = print(out, story.Step{Name: "summary", OK: held, Evidence: map[string]any{"steps": steps}})
	}
	if err == nil && !held {
		err = errNotHeld
	}
	return errors.Join(err, r.Close())
}

func object(out io.Writer, s story.Step) error { return json.NewEncoder(out).Encode(s) }

func text(out io.Writer, s story.Step) error {
	mark := "held  "
	if !s.OK {
		mark = "FAILED"
	}
	if _, err := fmt.Fprintf(out, "%s  %s\n", mark, s.Name); err != nil {
		return err
	}
	names := make([]string, 0, len(s.Evidence))
	for name := range s.Evidence {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, err := fmt.Fprintf(out, "          %s: %v\n", name, s.Evidence[name]); err != nil {
			return err
		}
	}
	return nil
}
