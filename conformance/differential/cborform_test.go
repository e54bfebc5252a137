package differential_test

import (
	"bytes"
	"unicode/utf8"
)

// form walks an item that may be of any well-formed form (RFC 8949 Appendix C), and notes what is odd about it.
type form struct {
	rest []byte
	odd  []string
	bad  bool
}

// oddities returns what is odd about one item, the outermost first, and whether the bytes are one well-formed item.
func oddities(raw []byte) (odd []string, whole bool) {
	f := &form{rest: raw}
	if len(raw) > 0 && raw[0]>>5 == 6 {
		f.note("outermost tag")
	}
	f.item(1)
	return f.odd, !f.bad && len(f.rest) == 0
}

func (f *form) note(kind string) { f.odd = append(f.odd, kind) }

// head takes a head. n is 0 when the length is indefinite.
func (f *form) head() (major, info byte, n uint64) {
	if f.bad || len(f.rest) == 0 {
		f.bad = true
		return 0, 0, 0
	}
	first := f.rest[0]
	f.rest = f.rest[1:]
	major, info = first>>5, first&31
	if info < 24 {
		return major, info, uint64(info)
	}
	if info == 31 && major >= 2 && major != 6 {
		return major, info, 0
	}
	if info > 27 || len(f.rest) < 1<<(info-24) {
		f.bad = true
		return 0, 0, 0
	}
	for _, b := range f.rest[:1<<(info-24)] {
		n = n<<8 | uint64(b)
	}
	f.rest = f.rest[1<<(info-24):]
	if least := [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]; n < least && major != 7 {
		f.note("longer head")
	}
	return major, info, n
}

// item takes one item, and returns its major type.
func (f *form) item(depth int) (major byte) {
	if depth > 16 {
		f.note("too deep")
	}
	if depth > 64 {
		f.bad = true
		return 0
	}
	major, info, n := f.head()
	if f.bad {
		return 0
	}
	if info == 31 && major != 7 {
		f.note("indefinite length")
	}
	switch major {
	case 0, 1:
		if n > 1<<63-1 {
			f.note("over 63 bits")
		}
	case 2, 3:
		f.text(major, info, n)
	case 4:
		f.each(info, n, func() { f.item(depth + 1) })
	case 5:
		f.members(info, n, depth)
	case 6:
		if n <= 5 {
			f.note(readerTag)
		}
		if n == 55799 {
			f.note("self-described")
		}
		f.item(depth + 1)
	case 7:
		f.simple(info, n)
	}
	return major
}

func (f *form) simple(info byte, n uint64) {
	switch {
	case info == 31 || (info == 24 && n < 32):
		f.bad = true // a break where there is nothing to end, or a simple value that has no such form
	case info == 20 || info == 21:
	case info >= 25:
		f.note("float")
	default:
		f.note("simple value")
	}
}

// each calls take for every element, until the count or the break.
func (f *form) each(info byte, n uint64, take func()) {
	for i := uint64(0); !f.bad && (info == 31 || i < n); i++ {
		if info == 31 && len(f.rest) > 0 && f.rest[0] == 0xff {
			f.rest = f.rest[1:]
			return
		}
		take()
	}
}

func (f *form) text(major, info byte, n uint64) {
	if info == 31 {
		f.each(info, 0, func() {
			piece, pieceInfo, length := f.head()
			if piece != major || pieceInfo == 31 {
				f.bad = true
				return
			}
			f.take(major, length)
		})
		return
	}
	f.take(major, n)
}

func (f *form) take(major byte, n uint64) {
	if f.bad || n > uint64(len(f.rest)) {
		f.bad = true
		return
	}
	if major == 3 && !utf8.Valid(f.rest[:n]) {
		f.note("not UTF-8")
	}
	f.rest = f.rest[n:]
}

// members takes the pairs of a map. Two keys are the same when their values are: here, when their shortest forms are.
func (f *form) members(info byte, n uint64, depth int) {
	var keys [][]byte
	f.each(info, n, func() {
		before := f.rest
		if major := f.item(depth + 1); !f.bad && major != 0 && major != 1 && major != 3 {
			f.note("key type")
		}
		if f.bad {
			return
		}
		key := shortest(before[:len(before)-len(f.rest)])
		for _, k := range keys {
			if bytes.Equal(k, key) {
				f.note("double key")
			}
		}
		keys = append(keys, key)
		f.item(depth + 1)
	})
}

// shortest returns a key without what its head has too much, and as it is when it is no integer or definite text.
func shortest(key []byte) []byte {
	f := &form{rest: key}
	major, info, n := f.head()
	if f.bad || info == 31 || major > 3 {
		return key
	}
	return append([]byte{major, byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32), byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, f.rest...)
}
