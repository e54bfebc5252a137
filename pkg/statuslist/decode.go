package statuslist

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// DecodeToken reads a status_list claim of at most maxEntries entries (0 means MaxEntries). Whatever level it was
// compressed at, it must be one whole zlib stream and nothing after it.
func DecodeToken(c Claim, maxEntries int) (*List, error) {
	packed, err := inflate(c.List, c.Bits, maxEntries, zlib.NewReader)
	if err != nil {
		return nil, fmt.Errorf("decode status list: %w", err)
	}
	return &List{bits: c.Bits, size: len(packed) * 8 / c.Bits, packed: packed}, nil
}

// DecodeBitstring reads an encodedList whose entries are of bits bits (statusSize), at most maxEntries of them (0 means
// MaxEntries). It must be multibase "u" and one whole gzip member with nothing after it.
func DecodeBitstring(encoded string, bits, maxEntries int) (*List, error) {
	text, ok := strings.CutPrefix(encoded, multibaseURL)
	if !ok {
		return nil, errors.New("decode bitstring: not multibase base64url")
	}
	packed, err := inflate(text, bits, maxEntries, oneMember)
	if err != nil {
		return nil, fmt.Errorf("decode bitstring: %w", err)
	}
	l := &List{bits: bits, size: len(packed) * 8 / bits, packed: packed}
	l.packed = l.mirrored()
	return l, nil
}

func oneMember(r io.Reader) (io.ReadCloser, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return z, nil
}

type opener func(io.Reader) (io.ReadCloser, error)

// inflate returns the bytes of a compressed list, having bounded the text before it reads, and the bytes as it reads.
func inflate(text string, bits, maxEntries int, open opener) ([]byte, error) {
	if !allowedBits(bits) {
		return nil, fmt.Errorf("%d bits to an entry: want 1, 2, 4 or 8", bits)
	}
	if maxEntries <= 0 {
		maxEntries = MaxEntries
	}
	limit := (maxEntries*bits + 7) / 8
	compressed, err := decodeText(text, limit)
	if err != nil {
		return nil, err
	}
	source := bytes.NewReader(compressed) // an io.ByteReader: the decompressor takes no byte beyond its stream
	packed, err := readStream(source, limit, open)
	if err != nil {
		return nil, err
	}
	if source.Len() > 0 {
		return nil, errors.New("bytes after the compressed list")
	}
	return packed, nil
}

// decodeText reads base64url without padding. No compressor makes a list much longer than it was.
func decodeText(text string, limit int) ([]byte, error) {
	if len(text) > base64.RawURLEncoding.EncodedLen(limit+limit/1024+128) {
		return nil, errors.New("compressed list too long")
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("not base64url: line break") // which encoding/base64 would skip
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("not base64url: %w", err)
	}
	return b, nil
}

// readStream reads a stream to its end, so that its checksum is checked, but never more than limit bytes and one.
func readStream(source io.Reader, limit int, open opener) ([]byte, error) {
	z, err := open(source)
	if err != nil {
		return nil, fmt.Errorf("not a compressed list: %w", err)
	}
	packed, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("inflate: %w", err)
	}
	if len(packed) > limit {
		return nil, errors.New("list has too many entries")
	}
	if len(packed) == 0 {
		return nil, errors.New("list has no entries")
	}
	return packed, nil
}
