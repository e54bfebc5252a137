package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// File is what a journal needs of a file. Write appends.
type File interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// OpenFile opens or creates a file that is written at its end.
func OpenFile(path string) (File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// lockFile takes the lock at path, which the system lets go of when the process ends.
func lockFile(path string) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrLocked, lock.Close())
	}
	return lock, nil
}

// trim makes file end where its acknowledged part does, and returns what was cut. A new one gets its first line.
func trim(file File, end int64) (cut int64, err error) {
	tail, err := io.Copy(io.Discard, io.NewSectionReader(file, end, 1<<62-end))
	if err != nil {
		return 0, err
	}
	if tail > 0 {
		if err := file.Truncate(end); err != nil {
			return 0, fmt.Errorf("cut off what was never acknowledged: %w", err)
		}
	}
	if end == 0 {
		_, err = file.Write([]byte(magic))
	}
	return tail, err
}

// syncDir makes the names in a directory durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
