package listwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// seen is the newest good list of one address.
type seen struct {
	IssuedAt int64  `json:"iat"`
	Bits     int    `json:"bits"`
	List     []byte `json:"list"` // unpacked
}

// follow compares the list of t with the one seen before.
func (s seen) follow(t token, list []byte) error {
	switch {
	case t.List.Bits != s.Bits || len(list) != len(s.List):
		return wrong(KindSize, "it has another number of entries or bits than before")
	case t.IssuedAt < s.IssuedAt:
		return wrong(KindRolledBack, "it is older than the one seen before")
	}
	if n := undone(s.List, list, s.Bits); n > 0 {
		return wrong(KindUndone, fmt.Sprintf("%d entries that had ended are as they were not", n))
	}
	return nil
}

// memory is what was seen, by address, kept in a file.
type memory struct {
	path  string
	lists map[string]seen
}

// openMemory reads the file. One that is missing is a first start; one that is spoilt is not.
func openMemory(path string) (*memory, error) {
	m := &memory{path: path, lists: map[string]seen{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m.lists)
	}
	if err != nil {
		return nil, fmt.Errorf("read what was seen before: %w", err)
	}
	return m, nil
}

// save replaces the file as a whole, and returns when it would outlive a power cut.
func (m *memory) save() error {
	text, err := json.Marshal(m.lists)
	if err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(m.path), ".listwatch-*")
	if err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone when it was renamed
	_, errWrite := f.Write(text)
	if err := errors.Join(errWrite, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	if err := os.Rename(f.Name(), m.path); err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	dir, err := os.Open(filepath.Dir(m.path))
	if err != nil {
		return fmt.Errorf("write what was seen: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}
