package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The directory's book is one file, replaced whole: what is decided about several keys is decided at once.
const (
	bookFile = "states.json"
	maxBook  = 1 << 20
)

// Book reads what was decided about the keys of the directory; nothing, as yet, when the file is not there.
func (d *Dir) Book() (Book, error) {
	file, err := os.Open(filepath.Join(d.path, bookFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Book{}, nil
	}
	if err != nil {
		return Book{}, fmt.Errorf("read states: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxBook+1))
	if err != nil || len(content) > maxBook {
		return Book{}, fmt.Errorf("%s: cannot be read, or is longer than %d bytes", bookFile, maxBook)
	}
	return parseBook(content)
}

func parseBook(content []byte) (Book, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	var b Book
	if err := d.Decode(&b); err != nil || d.More() || b.Version < 1 {
		return Book{}, fmt.Errorf("%s: is damaged", bookFile)
	}
	if err := b.check(); err != nil {
		return Book{}, fmt.Errorf("%s: %w", bookFile, err)
	}
	return b, nil
}

// Decide changes the directory's book: decide gets it as it is. Nobody else decides meanwhile, and a decision is kept
// whole or not at all.
func (d *Dir) Decide(decide func(b *Book) error) error {
	dir, err := os.Open(d.path)
	if err != nil {
		return fmt.Errorf("open key directory: %w", err)
	}
	defer dir.Close() // which gives the lock back
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("key directory %s: another command is changing it", d.path)
	}
	b, err := d.Book()
	if err != nil {
		return err
	}
	if err := decide(&b); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	b.Version++
	content, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return fmt.Errorf("encode states: %w", err)
	}
	return replace(filepath.Join(d.path, bookFile), append(content, '\n'))
}
