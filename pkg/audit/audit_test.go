package audit_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"justice-wallet/pkg/audit"
)

func write(t *testing.T, path string, n int) {
	t.Helper()
	log, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		e := audit.Event{What: "credential.issue", When: time.Unix(1, 0).UTC(), Who: "issuer", Subject: "id"}
		if err := log.Record(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestChainIsResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, 3)
	write(t, path, 2)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if n, err := audit.Verify(file); n != 5 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if info, err := file.Stat(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, 3)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	cases := map[string][]byte{
		"a changed word": bytes.Replace(whole, []byte("issuer"), []byte("nobody"), 1),
		"a lost line":    bytes.Join([][]byte{lines[0], lines[2]}, nil),
		"lines swapped":  bytes.Join([][]byte{lines[0], lines[2], lines[1]}, nil),
		"a lost start":   bytes.Join(lines[1:], nil),
		"a cut line":     append(append([]byte{}, whole[:len(whole)-7]...), '\n'),
		"a blank line":   append(append([]byte{}, whole...), '\n'),
	}
	for name, damaged := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := audit.Verify(bytes.NewReader(damaged)); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("got %v", err)
			}
			spoilt := filepath.Join(t.TempDir(), "audit.log")
			if err := os.WriteFile(spoilt, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := audit.OpenFile(spoilt); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("a broken log was resumed: %v", err)
			}
		})
	}
}

func TestAFailedWriteIsNotAcknowledged(t *testing.T) {
	log, err := audit.OpenFile(filepath.Join(t.TempDir(), "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := log.Record(context.Background(), audit.Event{}); err == nil {
			t.Error("acknowledged")
		}
	}
}

func TestManyAtOnceAreOneChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, 1)
	log, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := audit.RecordAll(context.Background(), log, make([]audit.Event, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := audit.RecordAll(context.Background(), log, nil); err != nil {
		t.Errorf("none: %v", err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := audit.RecordAll(context.Background(), log, make([]audit.Event, 2)); err == nil {
		t.Error("a closed log kept two")
	}
	write(t, path, 1)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := audit.Verify(bytes.NewReader(content)); n != 2002 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

// one is a recorder that knows no better than to keep one at a time, and takes two.
type one struct{ kept int }

func (o *one) Record(context.Context, audit.Event) error {
	if o.kept == 2 {
		return errors.New("full")
	}
	o.kept++
	return nil
}

func TestManyOneByOne(t *testing.T) {
	var o one
	if err := audit.RecordAll(context.Background(), &o, make([]audit.Event, 2)); err != nil || o.kept != 2 {
		t.Errorf("%d kept, %v", o.kept, err)
	}
	if err := audit.RecordAll(context.Background(), &o, make([]audit.Event, 2)); err == nil {
		t.Error("what was not kept was acknowledged")
	}
}

// A record that a crash broke off was never acknowledged; the ones before it go on.
func TestARecordWithoutAnEndIsCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	write(t, path, 3)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	two := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for _, end := range []int{two + 1, two + 40, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.Verify(bytes.NewReader(whole[:end])); !errors.Is(err, audit.ErrBroken) {
			t.Errorf("nobody who reads it is told: %v", err)
		}
		log, err := audit.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if log.Cut() != int64(end-two) {
			t.Errorf("%d bytes cut, want %d", log.Cut(), end-two)
		}
		if err := errors.Join(log.Record(context.Background(), audit.Event{}), log.Close()); err != nil {
			t.Fatal(err)
		}
		now, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := audit.Verify(bytes.NewReader(now)); n != 3 || err != nil || !bytes.HasPrefix(now, whole[:two]) {
			t.Errorf("%d records (%v)", n, err)
		}
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.OpenFile(path); err == nil {
		t.Error("a pipe was opened")
	}
}

// full is a disk that takes half of what is written.
type full struct {
	audit.Disk
	is, stays bool
}

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if !f.is {
		return f.Disk.Write(b)
	}
	n, err := f.Disk.Write(b[:len(b)/2])
	return n, errors.Join(errFull, err)
}

func (f *full) Truncate(size int64) error {
	if f.stays {
		return errFull
	}
	return f.Disk.Truncate(size)
}

func TestAFullDiskIsGotOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	log, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	disk := &full{}
	log.Wrap(func(d audit.Disk) audit.Disk { disk.Disk = d; return disk })
	for _, step := range []struct{ full, stays, good bool }{
		{false, false, true}, {true, false, false}, {true, false, false}, {false, false, true}, {true, true, false}, {false, false, false},
	} {
		disk.is, disk.stays = step.full, step.stays
		if err := log.Record(context.Background(), audit.Event{}); (err == nil) != step.good {
			t.Errorf("%+v: %v", step, err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, 1)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := audit.Verify(bytes.NewReader(content)); n != 3 || err != nil {
		t.Errorf("%d records (%v)", n, err)
	}
}
