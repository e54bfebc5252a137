package main

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"
)

func TestTargetsAreFound(t *testing.T) {
	t.Chdir("../../../pkg/did")
	c := &conform{options: options{fuzz: time.Second}, out: io.Discard, dir: t.TempDir()}
	targets, err := c.targets(context.Background())
	if err != nil || len(targets) < 2 || targets[0][0] != "justice-wallet/pkg/did" {
		t.Errorf("%v %v", targets, err)
	}
	want := []string{"FuzzA", "FuzzB"}
	if got := fuzzFunctions("package x\n\nfunc FuzzA(f *testing.F) {\n}\n\n// func FuzzNo\nfunc FuzzB(f *testing.F) {}\nfunc TestFuzz() {}\n"); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// A step that fails is said to have failed.
func TestAStepThatFails(t *testing.T) {
	c := &conform{out: io.Discard, dir: t.TempDir()}
	c.test(context.Background(), "nothing", "./not-a-package")
	if len(c.Steps) != 1 || !c.Steps[0].Failed || !c.Failed() {
		t.Errorf("%+v", c.Steps)
	}
}
