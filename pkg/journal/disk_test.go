package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"justice-wallet/pkg/journal"
)

// disk is a file whose steps a test can break, hold back and count.
type disk struct {
	journal.File
	size   int64 // written
	synced int64 // what a loss of power leaves
	syncs  atomic.Int32
	sync   func() error
	write  func(b []byte) (int, error)
	noUndo error
}

func (d *disk) Write(b []byte) (int, error) {
	if d.write != nil {
		return d.write(b)
	}
	n, err := d.File.Write(b)
	d.size += int64(n)
	return n, err
}

func (d *disk) Sync() error {
	d.syncs.Add(1)
	if d.sync != nil {
		if err := d.sync(); err != nil {
			return err
		}
	}
	d.synced = d.size
	return nil
}

func (d *disk) Truncate(size int64) error {
	if d.noUndo != nil {
		return d.noUndo
	}
	return d.File.Truncate(size)
}

// onDisk opens a journal on a disk of its own.
func onDisk(t testing.TB, path string) (*journal.Journal, *disk) {
	t.Helper()
	d := &disk{}
	j, _ := open(t, path, journal.Options{Open: func(path string) (journal.File, error) {
		var err error
		d.File, err = journal.OpenFile(path)
		return d, err
	}})
	d.syncs.Store(0)
	return j, d
}

var errDisk = errors.New("the disk is broken")

// hold makes the next sync tell that it has begun, and wait until leave is closed.
func (d *disk) hold() (entered, leave chan struct{}) {
	entered, leave = make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.sync = func() error {
		once.Do(func() { close(entered); <-leave })
		return nil
	}
	return entered, leave
}

func TestManyThatWaitShareOneSync(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, d := onDisk(t, path)
	entered, leave := d.hold()
	first := make(chan error)
	go func() { first <- j.Append(context.Background(), []byte("first")) }()
	<-entered
	// An ended context shows that each has joined, and that none was acknowledged meanwhile.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 50 {
		if err := j.Append(gone, fmt.Appendf(nil, "%d", i)); !errors.Is(err, context.Canceled) {
			t.Fatalf("acknowledged before it was synced: %v", err)
		}
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
	closeIt(t, j)
	if got := d.syncs.Load(); got != 2 {
		t.Errorf("%d syncs, want 2", got)
	}
	if _, held := open(t, path, journal.Options{}); len(held) != 51 {
		t.Errorf("%d records, want 51", len(held))
	}
}

func TestNothingIsAcknowledgedBeforeItIsSynced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, d := onDisk(t, path)
	appendTo(t, j, "a")
	d.sync = func() error { return errDisk }
	if err := j.Append(t.Context(), []byte("b")); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	d.sync = nil
	if err := j.Append(t.Context(), []byte("c")); !errors.Is(err, errDisk) {
		t.Errorf("after a sync that failed: %v", err)
	}
	if err := j.Rewrite(func([]byte) bool { return true }); !errors.Is(err, errDisk) {
		t.Errorf("rewrite after a sync that failed: %v", err)
	}
}

// A loss of power leaves what was synced, which is all that was acknowledged.
func TestALossOfPowerTakesNothingAcknowledged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	var want []string
	for round := range 20 {
		j, d := onDisk(t, path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		d.size = info.Size()
		d.synced = d.size
		for i := range round {
			record := fmt.Sprintf("%d-%d", round, i)
			appendTo(t, j, record)
			want = append(want, record)
		}
		d.sync = func() error { return errDisk }
		if err := j.Append(t.Context(), []byte("never")); err == nil {
			t.Fatal("acknowledged")
		}
		closeIt(t, j)
		if err := os.Truncate(path, d.synced+int64(round)); err != nil { // some of the rest may have arrived
			t.Fatal(err)
		}
	}
	_, held := open(t, path, journal.Options{})
	wantRecords(t, held, want...)
}

func TestAFullDiskIsGotOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, d := onDisk(t, path)
	appendTo(t, j, "a")
	d.write = func(b []byte) (int, error) {
		n, err := d.File.Write(b[:len(b)/2])
		return n, errors.Join(errDisk, err)
	}
	for range 3 {
		if err := j.Append(t.Context(), []byte("lost")); !errors.Is(err, errDisk) {
			t.Errorf("on a full disk: %v", err)
		}
	}
	d.write = nil
	appendTo(t, j, "b")
	closeIt(t, j)
	_, held := open(t, path, journal.Options{})
	wantRecords(t, held, "a", "b")
}

func TestAHalfWrittenCommitThatStaysEndsTheJournal(t *testing.T) {
	j, d := onDisk(t, filepath.Join(t.TempDir(), "journal"))
	d.write = func([]byte) (int, error) { return 0, errDisk }
	d.noUndo = errDisk
	for range 2 {
		if err := j.Append(t.Context(), []byte("a")); !errors.Is(err, errDisk) {
			t.Errorf("got %v", err)
		}
		d.write = nil
	}
	d.noUndo = nil
}

func TestADiskThatHangsDoesNotPileUp(t *testing.T) {
	j, d := onDisk(t, filepath.Join(t.TempDir(), "journal"))
	entered, leave := d.hold()
	first := make(chan error)
	go func() { first <- j.Append(context.Background(), []byte("a")) }()
	<-entered
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var err error
	for range 1 << 20 / journal.MaxRecord {
		err = j.Append(gone, make([]byte, journal.MaxRecord))
	}
	if !errors.Is(err, journal.ErrBusy) {
		t.Errorf("a mebibyte waits, and more: %v, want busy", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Error(err)
	}
	appendTo(t, j, "b")
}

func TestARewritingThatFailsLeavesTheOldJournal(t *testing.T) {
	for name, breakIt := range map[string]func(*disk){
		"no sync":  func(d *disk) { d.sync = func() error { return errDisk } },
		"no write": func(d *disk) { d.write = func([]byte) (int, error) { return 0, errDisk } },
	} {
		path, _ := written(t, "a", "b")
		opened := 0
		var second disk
		breakIt(&second)
		j, _ := open(t, path, journal.Options{Open: func(path string) (journal.File, error) {
			file, err := journal.OpenFile(path)
			if opened++; opened == 2 {
				second.File = file
				return &second, err
			}
			return file, err
		}})
		if err := j.Rewrite(func([]byte) bool { return false }); !errors.Is(err, errDisk) {
			t.Errorf("%s: %v", name, err)
		}
		appendTo(t, j, "c")
		closeIt(t, j)
		_, held := open(t, path, journal.Options{})
		wantRecords(t, held, "a", "b", "c")
	}
}
