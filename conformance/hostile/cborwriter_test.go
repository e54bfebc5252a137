package hostile_test

import (
	"encoding/binary"
)

// A writer of CBOR (RFC 8949 §3) that writes what it is told, good or bad.

// head writes a major type with its argument in the shortest form.
func head(major byte, n uint64) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 1<<8:
		return []byte{major<<5 | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major<<5 | 25}, uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32([]byte{major<<5 | 26}, uint32(n))
	}
	return binary.BigEndian.AppendUint64([]byte{major<<5 | 27}, n)
}

func join(all ...[]byte) []byte {
	var out []byte
	for _, b := range all {
		out = append(out, b...)
	}
	return out
}

func number(n int) []byte {
	if n < 0 {
		return head(1, uint64(-1-n))
	}
	return head(0, uint64(n))
}

func bytestring(b []byte) []byte          { return join(head(2, uint64(len(b))), b) }
func text(s string) []byte                { return join(head(3, uint64(len(s))), []byte(s)) }
func array(items ...[]byte) []byte        { return join(head(4, uint64(len(items))), join(items...)) }
func tag(n uint64, content []byte) []byte { return join(head(6, n), content) }
func embedded(b []byte) []byte            { return tag(24, bytestring(b)) }

// mapping writes keys and values in the order they are given.
func mapping(pairs ...[]byte) []byte { return join(head(5, uint64(len(pairs)/2)), join(pairs...)) }
