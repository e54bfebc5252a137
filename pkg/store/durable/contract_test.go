package durable_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"justice-wallet/pkg/store/durable"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/store/storetest"
)

// below is the rest of a store: its lists are hidden by those over it.
type below struct{ *memstore.Store }

type both struct {
	below
	*durable.Lists
}

func newBoth(t *testing.T, name string, now func() time.Time) storetest.Store {
	t.Helper()
	s := memstore.New(now)
	l, err := durable.Open(durable.Options{
		Store: s, Path: filepath.Join(t.TempDir(), name), Now: now, Rand: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return both{below{s}, l}
}

func TestContract(t *testing.T) {
	storetest.RunJournalled(t, func(t *testing.T, now func() time.Time) storetest.Store { return newBoth(t, "journal", now) })
}

func TestAJournalledStoreAgreesWithTheModel(t *testing.T) {
	model := func(_ *testing.T, _ string, now func() time.Time) storetest.Store { return memstore.New(now) }
	storetest.Agree(t, model, map[string]storetest.OpenNamed{"journalled": newBoth})
}
