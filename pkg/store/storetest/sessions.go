package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"justice-wallet/pkg/session"
)

func (f fixture) putSession(t *testing.T, digest, sealed string, until time.Time) {
	t.Helper()
	if err := f.PutSession(f.ctx, digest, []byte(sealed), until); err != nil {
		t.Fatalf("put session: %v", err)
	}
}

// session returns what is kept, or "" when there is none.
func (f fixture) session(t *testing.T, digest string) string {
	t.Helper()
	sealed, err := f.Session(f.ctx, digest)
	if err != nil && !errors.Is(err, session.ErrNotFound) {
		t.Fatalf("session: %v", err)
	}
	return string(sealed)
}

var sessionPromises = map[string]func(*testing.T, fixture){
	"a session is read as it was last put": func(t *testing.T, f fixture) {
		f.putSession(t, "a", "first", start.Add(time.Hour))
		f.putSession(t, "a", "second\x00\xff", start.Add(time.Hour))
		f.putSession(t, "b", "another", start.Add(time.Hour))
		if got, err := f.Session(f.ctx, "a"); err != nil || !bytes.Equal(got, []byte("second\x00\xff")) {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := f.Session(f.ctx, "c"); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("a session that nobody put: %v", err)
		}
	},
	"a session is kept until its time, which putting it again moves": func(t *testing.T, f fixture) {
		f.putSession(t, "a", "sealed", start.Add(time.Hour))
		f.clock.set(start.Add(time.Hour - time.Millisecond))
		if f.session(t, "a") != "sealed" {
			t.Error("gone before its time")
		}
		f.putSession(t, "a", "sealed", start.Add(2*time.Hour))
		f.clock.set(start.Add(2*time.Hour - time.Millisecond))
		if f.session(t, "a") != "sealed" {
			t.Error("its time was not moved")
		}
		f.clock.set(start.Add(2 * time.Hour))
		if f.session(t, "a") != "" {
			t.Error("kept beyond its time")
		}
	},
	"a session is replaced where there is one, and nowhere else": func(t *testing.T, f fixture) {
		f.putSession(t, "a", "first", start.Add(time.Hour))
		if err := f.ReplaceSession(f.ctx, "a", []byte("second"), start.Add(2*time.Hour)); err != nil {
			t.Fatalf("replace session: %v", err)
		}
		f.clock.set(start.Add(time.Hour))
		if got := f.session(t, "a"); got != "second" {
			t.Errorf("%q, or its time was not moved", got)
		}
		f.putSession(t, "dropped", "first", start.Add(2*time.Hour))
		if err := f.DropSession(f.ctx, "dropped"); err != nil {
			t.Fatalf("drop session: %v", err)
		}
		f.clock.set(start.Add(2 * time.Hour))
		for name, digest := range map[string]string{"nobody put": "b", "was dropped": "dropped", "is over": "a"} {
			err := f.ReplaceSession(f.ctx, digest, []byte("back"), start.Add(3*time.Hour))
			if !errors.Is(err, session.ErrNotFound) || f.session(t, digest) != "" {
				t.Errorf("one that %s: %v, and holds %q", name, err, f.session(t, digest))
			}
		}
	},
	"a session that was dropped is gone, and may be dropped again": func(t *testing.T, f fixture) {
		f.putSession(t, "a", "sealed", start.Add(time.Hour))
		for range 2 {
			if err := f.DropSession(f.ctx, "a"); err != nil {
				t.Fatalf("drop session: %v", err)
			}
		}
		if f.session(t, "a") != "" {
			t.Error("it is still there")
		}
	},
}
