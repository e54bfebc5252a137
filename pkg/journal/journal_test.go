package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"justice-wallet/pkg/journal"
)

// open opens the journal at path and returns what it holds. It is closed when the test ends.
func open(t testing.TB, path string, o journal.Options) (*journal.Journal, []string) {
	t.Helper()
	var held []string
	j, err := journal.Open(path, o, func(record []byte) error {
		held = append(held, string(record))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, held
}

func appendTo(t testing.TB, j *journal.Journal, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := j.Append(t.Context(), []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

func closeIt(t testing.TB, j *journal.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// written makes a journal with records in it, each a commit of its own, and returns its path and its bytes.
func written(t testing.TB, records ...string) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := open(t, path, journal.Options{})
	appendTo(t, j, records...)
	closeIt(t, j)
	return path, contents(t, path)
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantRecords(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("it holds %q, want %q", got, want)
	}
}

func TestWhatIsAcknowledgedIsReadBackInOrder(t *testing.T) {
	path, _ := written(t, "a", "b")
	j, held := open(t, path, journal.Options{})
	wantRecords(t, held, "a", "b")
	if err := j.Append(t.Context(), []byte("c"), []byte("d")); err != nil {
		t.Fatal(err)
	}
	var read []string
	if err := j.Read(func(r []byte) error { read = append(read, string(r)); return nil }); err != nil {
		t.Fatal(err)
	}
	wantRecords(t, read, "a", "b", "c", "d")
	closeIt(t, j)
	_, held = open(t, path, journal.Options{})
	wantRecords(t, held, "a", "b", "c", "d")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
}

func TestRecordsOfNoOrTooGreatASizeAreRefused(t *testing.T) {
	j, _ := open(t, filepath.Join(t.TempDir(), "journal"), journal.Options{})
	for _, r := range [][]byte{nil, {}, make([]byte, journal.MaxRecord+1)} {
		if err := j.Append(t.Context(), []byte("good"), r); err == nil {
			t.Errorf("a record of %d bytes was taken", len(r))
		}
	}
	if err := j.Append(t.Context(), make([]byte, journal.MaxRecord)); err != nil {
		t.Error(err)
	}
}

// Wherever the last commit breaks off, it is cut, everything before it stays, and the journal goes on.
func TestAnEndThatWasNeverAcknowledgedIsCut(t *testing.T) {
	path, whole := written(t, "first", "second")
	last := len(whole) - (8 + 1 + len("second") + 32)
	for end := last + 1; end < len(whole); end++ {
		put(t, path, whole[:end])
		j, held := open(t, path, journal.Options{})
		wantRecords(t, held, "first")
		if j.Cut() != int64(end-last) {
			t.Fatalf("%d bytes cut, want %d", j.Cut(), end-last)
		}
		appendTo(t, j, "third")
		closeIt(t, j)
		j, held = open(t, path, journal.Options{})
		wantRecords(t, held, "first", "third")
		closeIt(t, j)
	}
}

// A file system may have made the file longer before the data came.
func TestAnEndOfZerosIsCut(t *testing.T) {
	path, whole := written(t, "first", "second")
	last := len(whole) - (8 + 1 + len("second") + 32)
	for name, b := range map[string][]byte{
		"after the last commit":      append(bytes.Clone(whole[:last]), make([]byte, 5000)...),
		"less than a header":         append(bytes.Clone(whole[:last]), make([]byte, 3)...),
		"from within a commit's end": append(bytes.Clone(whole[:last+20]), make([]byte, len(whole)-last-20)...),
	} {
		put(t, path, b)
		j, held := open(t, path, journal.Options{})
		if !slices.Equal(held, []string{"first"}) || j.Cut() == 0 {
			t.Errorf("%s: %q, %d cut", name, held, j.Cut())
		}
		closeIt(t, j)
	}
}

func TestAJournalThatWasHardlyBegunIsEmpty(t *testing.T) {
	path, whole := written(t)
	for end := range len(whole) + 1 {
		put(t, path, whole[:end])
		j, held := open(t, path, journal.Options{})
		wantRecords(t, held)
		appendTo(t, j, "a")
		closeIt(t, j)
		j, held = open(t, path, journal.Options{})
		wantRecords(t, held, "a")
		closeIt(t, j)
	}
}

func wantDamaged(t testing.TB, path, what string) {
	t.Helper()
	before := contents(t, path)
	j, err := journal.Open(path, journal.Options{}, func([]byte) error { return nil })
	if err == nil {
		t.Errorf("%s: it was opened", what)
		closeIt(t, j)
	} else if !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("%s: %v, want damaged", what, err)
	}
	if !bytes.Equal(contents(t, path), before) {
		t.Errorf("%s: the file was changed", what)
	}
}

func TestOneChangedBitAnywhereIsDamage(t *testing.T) {
	path, whole := written(t, "first", "second", "third")
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1 << (i % 8)
		put(t, path, changed)
		wantDamaged(t, path, fmt.Sprintf("byte %d", i))
	}
}

func TestWhatIsLeftOutOrMovedIsDamage(t *testing.T) {
	path, whole := written(t, "1", "2", "3")
	const line, frame = len("justice-wallet journal 1\n"), 8 + 2 + 32
	part := func(i int) []byte { return whole[line+i*frame : line+(i+1)*frame] }
	_, other := written(t, "x", "2")
	for name, frames := range map[string][][]byte{
		"the first left out":       {part(1), part(2)},
		"one in the middle":        {part(0), part(2)},
		"two in another order":     {part(1), part(0), part(2)},
		"one twice":                {part(0), part(0), part(1)},
		"one of another journal":   {part(0), other[line+frame:], part(2)},
		"zeros before one":         {part(0), make([]byte, frame), part(2)},
		"something after the last": {part(0), part(1), part(2), []byte("12345678more")},
	} {
		put(t, path, append(bytes.Clone(whole[:line]), bytes.Join(frames, nil)...))
		wantDamaged(t, path, name)
	}
	put(t, path, []byte("another kind of file\n"))
	wantDamaged(t, path, "another kind of file")
}

func TestOneProcessHasItOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := open(t, path, journal.Options{})
	if _, err := journal.Open(path, journal.Options{}, nil); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second: %v, want locked", err)
	}
	if err := j.Rewrite(func([]byte) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(path, journal.Options{}, nil); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second after it was rewritten: %v, want locked", err)
	}
	closeIt(t, j)
	open(t, path, journal.Options{})
	if err := j.Append(t.Context(), []byte("a")); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append to a closed one: %v", err)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	if _, err := journal.Open(t.TempDir(), journal.Options{}, nil); err == nil {
		t.Error("a directory was opened")
	}
	if _, err := journal.Open(os.DevNull, journal.Options{Open: func(string) (journal.File, error) { return journal.OpenFile(os.DevNull) }}, nil); err == nil {
		t.Error("a device was opened")
	}
}

func TestAnErrorOfTheVisitorIsReturned(t *testing.T) {
	path, _ := written(t, "a")
	broken := errors.New("broken")
	if _, err := journal.Open(path, journal.Options{}, func([]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	open(t, path, journal.Options{}) // its lock was let go of
}

func TestManyAtOnceAreAllThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, _ := open(t, path, journal.Options{})
	var done sync.WaitGroup
	for i := range 50 {
		done.Go(func() {
			for k := range 20 {
				if err := j.Append(t.Context(), fmt.Appendf(nil, "%d-%d", i, k)); err != nil {
					t.Error(err)
				}
			}
		})
		if i%10 == 0 { // keeps everything, in the middle of it all
			done.Go(func() {
				if err := j.Rewrite(func([]byte) bool { return true }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	done.Wait()
	closeIt(t, j)
	_, held := open(t, path, journal.Options{})
	next := map[string]int{}
	for _, r := range held {
		var i, k int
		if _, err := fmt.Sscanf(r, "%d-%d", &i, &k); err != nil || next[fmt.Sprint(i)] != k {
			t.Fatalf("%q out of order", r)
		}
		next[fmt.Sprint(i)]++
	}
	if len(held) != 1000 {
		t.Errorf("%d records, want 1000", len(held))
	}
}

func TestRewritingLeavesOutWhatIsNotKept(t *testing.T) {
	path, before := written(t, "keep-1", "drop-1", "keep-2", "drop-2")
	put(t, path+".new", []byte("left half way by a crash"))
	j, _ := open(t, path, journal.Options{})
	if err := j.Rewrite(func(r []byte) bool { return bytes.HasPrefix(r, []byte("keep")) }); err != nil {
		t.Fatal(err)
	}
	if j.Size() >= int64(len(before)) || j.Size() != int64(len(contents(t, path))) {
		t.Errorf("%d bytes after %d", j.Size(), len(before))
	}
	appendTo(t, j, "keep-3")
	closeIt(t, j)
	_, held := open(t, path, journal.Options{})
	wantRecords(t, held, "keep-1", "keep-2", "keep-3")
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something is left: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	_, whole := written(f, "first", "second")
	f.Add(whole)
	f.Add(whole[:40])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "journal")
		put(t, path, b)
		var held []string
		j, err := journal.Open(path, journal.Options{}, func(r []byte) error { held = append(held, string(r)); return nil })
		if err != nil {
			return
		}
		if err := j.Append(context.Background(), []byte("next")); err != nil {
			t.Fatal(err)
		}
		closeIt(t, j)
		_, again := open(t, path, journal.Options{})
		wantRecords(t, again, append(held, "next")...)
	})
}
