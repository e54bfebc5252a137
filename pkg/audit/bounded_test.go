package audit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"justice-wallet/pkg/audit"
)

// pipe is a recorder that writes to a pipe, and so blocks while nobody reads.
type pipe string

func (p pipe) Record(context.Context, audit.Event) error {
	file, err := os.OpenFile(string(p), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return file.Close()
}

func TestABlockedLogIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	log := audit.Bound(pipe(path), time.Millisecond)
	for range 200 { // most find that too many wait already
		if err := log.Record(t.Context(), audit.Event{}); !errors.Is(err, audit.ErrBlocked) {
			t.Fatalf("without a reader: %v", err)
		}
	}
	reader, err := os.OpenFile(path, os.O_RDONLY, 0) // lets all that wait go on
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for err = audit.ErrBlocked; errors.Is(err, audit.ErrBlocked); {
		err = log.Record(t.Context(), audit.Event{})
	}
	if err != nil {
		t.Errorf("with a reader: %v", err)
	}
}

func TestWhoeverGoesAwayIsToldSo(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	log := audit.Bound(stuck(release), time.Hour)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := log.Record(gone, audit.Event{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type stuck chan struct{}

func (s stuck) Record(context.Context, audit.Event) error { <-s; return nil }

func TestBoundedKeepsAsItsLogDoes(t *testing.T) {
	var o one
	log := audit.Bound(&o, time.Minute)
	if err := audit.RecordAll(t.Context(), log, make([]audit.Event, 2)); err != nil || o.kept != 2 {
		t.Errorf("%d kept: %v", o.kept, err)
	}
	if err := log.Record(t.Context(), audit.Event{}); err == nil {
		t.Error("a full log kept one")
	}
	path := filepath.Join(t.TempDir(), "audit.log")
	file, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := audit.RecordAll(t.Context(), audit.Bound(file, time.Minute), make([]audit.Event, 1000)); err != nil {
		t.Error(err)
	}
}
