package listwatch

import (
	"bytes"
	"compress/zlib"
	"io"
)

// maxList bounds a list when it is inflated: 1,048,576 entries of eight bits.
const maxList = 1 << 20

// unpack returns the bytes of the list: entry 0 in the least significant bits of byte 0 (§4.1).
func (c listClaim) unpack() ([]byte, error) {
	if c.Bits != 1 && c.Bits != 2 && c.Bits != 4 && c.Bits != 8 {
		return nil, wrong(KindMalformed, "bits is not 1, 2, 4 or 8")
	}
	packed, err := base64url(c.List)
	if err != nil {
		return nil, wrong(KindMalformed, "lst is not base64url")
	}
	source := bytes.NewReader(packed)
	z, err := zlib.NewReader(source)
	if err != nil {
		return nil, wrong(KindMalformed, "lst is not a zlib stream")
	}
	list, err := io.ReadAll(io.LimitReader(z, maxList+1))
	switch {
	case len(list) > maxList:
		return nil, wrong(KindTooLarge, "lst inflates over its bound")
	case err != nil:
		return nil, wrong(KindMalformed, "lst does not inflate")
	case source.Len() > 0:
		return nil, wrong(KindMalformed, "bytes follow the list")
	case len(list) == 0:
		return nil, wrong(KindMalformed, "a list without entries")
	}
	return list, nil
}

// ended counts the entries that are not valid.
func ended(list []byte, bits int) int {
	n := 0
	for _, b := range list {
		for ; b != 0; b >>= bits {
			if b&(1<<bits-1) != 0 {
				n++
			}
		}
	}
	return n
}

// undone counts the entries that were not valid and now have another value.
func undone(before, now []byte, bits int) int {
	n := 0
	for i, old := range before {
		for shift := 0; shift < 8; shift += bits {
			was, is := old>>shift&(1<<bits-1), now[i]>>shift&(1<<bits-1)
			if was != 0 && was != is {
				n++
			}
		}
	}
	return n
}
