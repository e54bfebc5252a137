package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	magic      = "justice-wallet journal 1\n"
	headerSize = 8              // length, checksum of it
	maxBody    = 2 * maxWaiting // of a frame that is believed
	zeroTail   = 8              // bytes of zero at the end that a file system may leave where data never arrived
	flushAt    = 64 << 10       // of a rewriting
)

type sum [sha256.Size]byte

// seal makes the frame of body that follows a frame of hash before.
func seal(before sum, body []byte) (frame []byte, next sum) {
	frame = make([]byte, headerSize, headerSize+len(body)+len(next))
	binary.BigEndian.PutUint32(frame, uint32(len(body)))
	binary.BigEndian.PutUint32(frame[4:], crc32.ChecksumIEEE(frame[:4]))
	frame = append(frame, body...)
	next = chain(before, frame)
	return append(frame, next[:]...), next
}

func chain(before sum, frame []byte) sum {
	h := sha256.New()
	h.Write(before[:])
	h.Write(frame)
	return sum(h.Sum(nil))
}

func appendRecord(body, record []byte) []byte {
	return append(binary.AppendUvarint(body, uint64(len(record))), record...)
}

// records has visit see each record of a body that its hash vouches for.
func records(body []byte, visit func([]byte) error) error {
	for len(body) > 0 {
		size, n := binary.Uvarint(body)
		if n <= 0 || size == 0 || size > uint64(len(body)-n) {
			return fmt.Errorf("%w: a record is longer than its frame", ErrDamaged)
		}
		body = body[n:]
		if err := visit(body[:size]); err != nil {
			return err
		}
		body = body[size:]
	}
	return nil
}

// read has visit see every record of file, and returns where the acknowledged part ends, and the hash it ends with. A
// file with less than its first line is an empty one.
func read(file io.ReaderAt, visit func([]byte) error) (end int64, last sum, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(file, 0, 1<<62), 1<<16)
	head := make([]byte, len(magic))
	n, err := io.ReadFull(r, head)
	if isEnd(err) && string(head[:n]) == magic[:n] {
		return 0, sum{}, nil
	}
	if err != nil || string(head) != magic {
		return 0, sum{}, errors.Join(fmt.Errorf("%w: it does not begin as one", ErrDamaged), ioError(err))
	}
	end = int64(len(magic))
	for number := 1; ; number++ {
		frame, err := readFrame(r)
		if errors.Is(err, errTorn) {
			return end, last, nil
		}
		if err == nil {
			last, err = open(last, frame, r)
		}
		if errors.Is(err, errTorn) {
			return end, last, nil
		}
		if err != nil {
			return 0, sum{}, fmt.Errorf("commit %d, at byte %d: %w", number, end, err)
		}
		if err := records(frame[headerSize:len(frame)-len(last)], visit); err != nil {
			return 0, sum{}, fmt.Errorf("commit %d, at byte %d: %w", number, end, err)
		}
		end += int64(len(frame))
	}
}

// errTorn means that the file ends before a commit does, or after all of them.
var errTorn = errors.New("the file ends here")

// readFrame reads one frame as long as its header says.
func readFrame(r *bufio.Reader) ([]byte, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(r, header); isEnd(err) {
		return nil, errTorn
	} else if err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header)
	if crc32.ChecksumIEEE(header[:4]) != binary.BigEndian.Uint32(header[4:]) || size > maxBody {
		return nil, unlessZero(header, r, "the length of a frame")
	}
	frame := append(header, make([]byte, int(size)+sha256.Size)...)
	if _, err := io.ReadFull(r, frame[headerSize:]); isEnd(err) {
		return nil, errTorn
	} else if err != nil {
		return nil, err
	}
	return frame, nil
}

// open checks a frame's hash. One that is wrong at the very end, in zeros, was never synced: a file system may have made
// the file longer before its data came.
func open(before sum, frame []byte, r *bufio.Reader) (sum, error) {
	at := len(frame) - sha256.Size
	want := chain(before, frame[:at])
	if bytes.Equal(want[:], frame[at:]) {
		return want, nil
	}
	if _, err := r.Peek(1); isEnd(err) && isZero(frame[len(frame)-zeroTail:]) {
		return before, errTorn
	}
	return before, fmt.Errorf("%w: a frame is not what was written", ErrDamaged)
}

// unlessZero tells an end of nothing but zeros from damage.
func unlessZero(header []byte, r io.Reader, what string) error {
	rest, err := onlyZeros(r)
	if err == nil && rest && isZero(header) {
		return errTorn
	}
	return errors.Join(fmt.Errorf("%w: %s is not what was written", ErrDamaged, what), err)
}

func onlyZeros(r io.Reader) (bool, error) {
	block := make([]byte, 4096)
	for {
		n, err := r.Read(block)
		if !isZero(block[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func ioError(err error) error {
	if isEnd(err) {
		return nil
	}
	return err
}

// writer writes records to a new file, in frames of their own.
type writer struct {
	file io.Writer
	body []byte
	end  int64
	sum  sum
	err  error
}

func (w *writer) add(record []byte) {
	w.body = appendRecord(w.body, record)
	if len(w.body) >= flushAt {
		w.flush()
	}
}

func (w *writer) flush() {
	if len(w.body) == 0 {
		return
	}
	frame, next := seal(w.sum, w.body)
	w.write(frame)
	w.sum, w.body = next, w.body[:0]
}

func (w *writer) write(b []byte) {
	if w.err != nil {
		return
	}
	_, w.err = w.file.Write(b)
	w.end += int64(len(b))
}
