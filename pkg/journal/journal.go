// Package journal keeps records in one file, so that what it acknowledged is there after a crash, a loss of power, or the
// loss of every other store.
//
// It holds to these:
//   - A record is acknowledged when the file has been synced with it. Records that arrive meanwhile share the next sync.
//   - What was acknowledged is read back whole and in order, or the journal does not open. The one thing it cuts off is an
//     end that was never acknowledged: a commit that the file breaks off in the middle of.
//   - One process at a time has it open.
//   - After a sync that failed nothing more is acknowledged: what of it reached the disk cannot be known.
//
// The file is a line that names the format, then frames, one a commit: the length of the body (4 bytes, big endian), a
// checksum of that length (CRC-32), the body (each record after its own length), and SHA-256 over the hash of the frame
// before and all that went before. So a record cannot be changed, left out or moved without a trace.
package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"justice-wallet/pkg/faultpoint"
)

// MaxRecord is the largest record, in bytes.
const MaxRecord = 64 << 10

// maxWaiting bounds the bytes that wait for a disk that hangs.
const maxWaiting = 1 << 20

var (
	// ErrDamaged means that a journal does not hold what it once acknowledged. It is for a person to look at.
	ErrDamaged = errors.New("the journal is damaged")

	// ErrLocked means that another process has the journal open.
	ErrLocked = errors.New("another process has the journal open")

	// ErrBusy means that too much waits for the disk. Nothing was written.
	ErrBusy = errors.New("the journal waits for its disk")

	// ErrClosed means that the journal was closed. Nothing was written.
	ErrClosed = errors.New("the journal is closed")
)

// Journal is an open journal. Safe for concurrent use.
type Journal struct {
	path string
	open func(path string) (File, error)
	lock *os.File
	cut  int64

	disk   sync.Mutex // held for each commit, reading and rewriting
	file   File
	end    int64 // bytes acknowledged
	sum    sum   // of the last frame
	broken error // set when it is not known what the file holds

	mu      sync.Mutex
	waiting *batch // what the next commit writes; nil when nobody waits
	closed  bool
	commits sync.WaitGroup
}

// batch is what one commit makes durable.
type batch struct {
	body []byte
	done chan struct{} // closed when err is set
	err  error
}

// Options is for tests; its zero value is a journal on a disk.
type Options struct {
	Open func(path string) (File, error) // how the file is opened; nil means OpenFile
}

// Open opens the journal at path, or makes it, with mode 0600, and has visit see every record in order; what visit is
// given is good until it returns. A lock file beside it keeps other processes out until Close.
func Open(path string, o Options, visit func(record []byte) error) (*Journal, error) {
	if o.Open == nil {
		o.Open = OpenFile
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	j := &Journal{path: path, open: o.Open, lock: lock}
	if err := j.load(visit); err != nil {
		return nil, errors.Join(fmt.Errorf("open journal %s: %w", path, err), lock.Close())
	}
	return j, nil
}

func (j *Journal) load(visit func([]byte) error) error {
	file, err := j.open(j.path)
	if err != nil {
		return err
	}
	end, last, err := read(file, visit)
	if err == nil {
		j.cut, err = trim(file, end)
	}
	if err == nil {
		err = errors.Join(file.Sync(), syncDir(filepath.Dir(j.path)))
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	j.file, j.end, j.sum = file, max(end, int64(len(magic))), last
	return nil
}

// Cut returns how many bytes of an end that was never acknowledged were cut off when the journal was opened.
func (j *Journal) Cut() int64 { return j.cut }

// Size returns the bytes of the file.
func (j *Journal) Size() int64 {
	j.disk.Lock()
	defer j.disk.Unlock()
	return j.end
}

// Append writes records, and returns nil once they are on the disk. When ctx ends first, or the disk fails, they may or
// may not be there after the next Open.
func (j *Journal) Append(ctx context.Context, records ...[]byte) error {
	b, err := j.join(records)
	if err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	select {
	case <-b.done:
		return b.err
	case <-ctx.Done():
		return fmt.Errorf("append to journal: %w", ctx.Err())
	}
}

// join puts records into the commit that waits, and starts one when none does.
func (j *Journal) join(records [][]byte) (*batch, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	size := 0
	for _, r := range records {
		if len(r) == 0 || len(r) > MaxRecord {
			return nil, fmt.Errorf("a record of %d bytes: want 1 to %d", len(r), MaxRecord)
		}
		size += len(r) + binary.MaxVarintLen32
	}
	switch {
	case j.closed:
		return nil, ErrClosed
	case size > maxWaiting || j.waiting != nil && len(j.waiting.body)+size > maxWaiting:
		return nil, ErrBusy
	}
	if j.waiting == nil {
		j.waiting = &batch{done: make(chan struct{})}
		j.commits.Go(j.commit)
	}
	for _, r := range records {
		j.waiting.body = appendRecord(j.waiting.body, r)
	}
	return j.waiting, nil
}

// commit waits for its turn at the disk; whoever comes meanwhile joins it.
func (j *Journal) commit() {
	j.disk.Lock()
	defer j.disk.Unlock()
	j.mu.Lock()
	b := j.waiting
	j.waiting = nil
	j.mu.Unlock()
	b.err = j.write(b.body)
	close(b.done)
}

func (j *Journal) write(body []byte) error {
	if j.broken != nil {
		return j.broken
	}
	frame, next := seal(j.sum, body)
	if _, err := j.file.Write(frame); err != nil {
		return j.undo(fmt.Errorf("append to journal: %w", err))
	}
	if err := j.file.Sync(); err != nil {
		j.broken = fmt.Errorf("sync journal: %w", err)
		return j.broken
	}
	j.end += int64(len(frame))
	j.sum = next
	faultpoint.Synced(j.end)
	return nil
}

// undo takes back a frame of which only a part was written, on a full disk for one, so that the next can be.
func (j *Journal) undo(cause error) error {
	if err := j.file.Truncate(j.end); err != nil {
		j.broken = errors.Join(cause, err)
		return j.broken
	}
	return cause
}

// Read has visit see every record acknowledged so far, in order. Appends wait until it is done.
func (j *Journal) Read(visit func(record []byte) error) error {
	j.disk.Lock()
	defer j.disk.Unlock()
	if _, _, err := read(j.file, visit); err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	return nil
}

// Rewrite leaves out the records that keep refuses. Until all of the new file is on the disk, the old one stands.
func (j *Journal) Rewrite(keep func(record []byte) bool) error {
	j.disk.Lock()
	defer j.disk.Unlock()
	if j.broken != nil {
		return j.broken
	}
	file, end, last, err := j.copy(j.path+".new", keep)
	if err != nil {
		return fmt.Errorf("rewrite journal: %w", err)
	}
	if err := os.Rename(j.path+".new", j.path); err != nil {
		return errors.Join(fmt.Errorf("rewrite journal: %w", err), file.Close())
	}
	old := j.file
	j.file, j.end, j.sum = file, end, last
	if err := syncDir(filepath.Dir(j.path)); err != nil {
		j.broken = fmt.Errorf("rewrite journal: %w", err)
		return errors.Join(j.broken, old.Close())
	}
	return old.Close()
}

// copy writes what keep lets through to a new file, and syncs it.
func (j *Journal) copy(path string, keep func([]byte) bool) (File, int64, sum, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, sum{}, err // one that was left half way
	}
	file, err := j.open(path)
	if err != nil {
		return nil, 0, sum{}, err
	}
	w := &writer{file: file}
	w.write([]byte(magic))
	_, _, err = read(j.file, func(record []byte) error {
		if keep(record) {
			w.add(record)
		}
		return w.err
	})
	w.flush()
	if err := errors.Join(err, w.err); err != nil {
		return nil, 0, sum{}, errors.Join(err, file.Close())
	}
	if err := file.Sync(); err != nil {
		return nil, 0, sum{}, errors.Join(err, file.Close())
	}
	return file, w.end, w.sum, nil
}

// Close waits for the commits under way, and lets go of the file and its lock.
func (j *Journal) Close() error {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.commits.Wait()
	j.disk.Lock()
	defer j.disk.Unlock()
	return errors.Join(j.file.Close(), j.lock.Close())
}
