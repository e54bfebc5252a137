// Package audit keeps the record of what was done, by whom, to which document, in a log that shows if a line was changed
// or lost: each record carries the hash of the one before it.
//
// A record holds no personal data: Subject is an identifier of ours, Details are words from fixed lists.
package audit

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Event is one act.
type Event struct {
	What        string            `json:"what"` // "credential.issue"
	When        time.Time         `json:"when"`
	Who         string            `json:"who"`     // the service or member of staff
	Subject     string            `json:"subject"` // id of the offer or credential
	Correlation string            `json:"correlation,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
}

// Recorder keeps events. When Record returns nil the event is durable; when it fails, the act must not be acknowledged.
// Safe for concurrent use.
type Recorder interface {
	Record(ctx context.Context, e Event) error
}

// many is a Recorder that keeps many events at the price of one.
type many interface {
	RecordAll(ctx context.Context, all []Event) error
}

// RecordAll keeps all events. An error may leave some of them kept, and none of the acts may be acknowledged.
func RecordAll(ctx context.Context, r Recorder, all []Event) error {
	if m, ok := r.(many); ok {
		return m.RecordAll(ctx, all)
	}
	for _, e := range all {
		if err := r.Record(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// record is one line of the log.
type record struct {
	Previous string `json:"previous"` // lower-case hexadecimal SHA-256 of the line before, without its newline
	Event    Event  `json:"event"`
}

// genesis is the Previous of the first line.
const genesis = "0000000000000000000000000000000000000000000000000000000000000000"

const maxLine = 64 << 10

// ErrBroken means a log's chain does not hold.
var ErrBroken = errors.New("audit log is broken")

// File is a Recorder that appends to one file, a JSON object a line, and syncs after each.
type File struct {
	cut int64

	mu       sync.Mutex // held for each append
	file     disk
	end      int64 // bytes of whole records
	previous string
	broken   error // set when it is not known what the file holds: nothing more is appended
}

// OpenFile opens or creates the log at path, with mode 0600, and verifies it whole: it resumes only a chain that holds. A
// last line that has no end was never acknowledged, and is cut off.
func OpenFile(path string) (*File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	f := &File{file: file}
	if err := f.resume(file); err != nil {
		return nil, errors.Join(fmt.Errorf("open audit log %s: %w", path, err), file.Close())
	}
	return f, nil
}

// disk is what a log needs of its file once it is open.
type disk interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

func (f *File) resume(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file: what it holds could not be verified")
	}
	if f.end, err = wholeLines(file, info.Size()); err != nil {
		return err
	}
	if _, f.previous, err = verify(io.NewSectionReader(file, 0, f.end)); err != nil {
		return err
	}
	if f.cut = info.Size() - f.end; f.cut == 0 {
		return nil
	}
	return errors.Join(file.Truncate(f.end), file.Sync())
}

// wholeLines returns where the last line that has an end, ends.
func wholeLines(file io.ReaderAt, size int64) (int64, error) {
	tail := make([]byte, min(size, 2*maxLine))
	start := size - int64(len(tail))
	if _, err := file.ReadAt(tail, start); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return start + int64(bytes.LastIndexByte(tail, '\n')+1), nil
}

// Cut returns how many bytes of a record that was never acknowledged were cut off when the log was opened.
func (f *File) Cut() int64 { return f.cut }

// Record appends one event and waits until it is on the disk.
func (f *File) Record(ctx context.Context, e Event) error {
	return f.RecordAll(ctx, []Event{e})
}

// RecordAll appends events in one write, and waits once until they are on the disk.
func (f *File) RecordAll(_ context.Context, all []Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return f.broken
	}
	var lines []byte
	previous := f.previous
	for _, e := range all {
		line, err := json.Marshal(record{Previous: previous, Event: e})
		if err != nil {
			return fmt.Errorf("encode audit record: %w", err)
		}
		previous = hash(line)
		lines = append(append(lines, line...), '\n')
	}
	if _, err := f.file.Write(lines); err != nil {
		return f.undo(fmt.Errorf("append audit record: %w", err))
	}
	if err := f.file.Sync(); err != nil {
		f.broken = fmt.Errorf("sync audit record: %w", err)
		return f.broken
	}
	f.previous = previous
	f.end += int64(len(lines))
	return nil
}

// undo takes back what was written in part, on a full disk for one, so that the next record can be.
func (f *File) undo(cause error) error {
	if err := f.file.Truncate(f.end); err != nil {
		f.broken = errors.Join(cause, err)
		return f.broken
	}
	return cause
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Verify reads a log from its start and returns how many records its chain holds.
func Verify(r io.Reader) (int, error) {
	n, _, err := verify(r)
	return n, err
}

func verify(r io.Reader) (n int, last string, err error) {
	last = genesis
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return n, last, nil
		}
		if err != nil {
			return n, last, fmt.Errorf("%w: record %d is cut short or too long", ErrBroken, n+1)
		}
		line = line[:len(line)-1]
		var rec record
		if json.Unmarshal(line, &rec) != nil || rec.Previous != last {
			return n, last, fmt.Errorf("%w: record %d does not follow the one before", ErrBroken, n+1)
		}
		last = hash(line)
		n++
	}
}

func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
