package differential_test

import (
	"encoding/binary"
	"slices"
)

// item is a CBOR item that can be spoilt, wherever it stands in a document, before the document is written, digested and signed.
type item struct {
	major byte
	n     uint64  // integers, tags and simple values
	text  []byte  // strings
	parts []*item // of a map keys and values in turn; of a byte string with an item in it, that item
	wider int     // how much longer than need be the head is
	open  bool    // of indefinite length
}

func number(n uint64) *item            { return &item{major: 0, n: n} }
func negative(n uint64) *item          { return &item{major: 1, n: n} } // -1-n
func byteString(b []byte) *item        { return &item{major: 2, text: b} }
func text(s string) *item              { return &item{major: 3, text: []byte(s)} }
func array(parts ...*item) *item       { return &item{major: 4, parts: parts} }
func members(pairs ...*item) *item     { return &item{major: 5, parts: pairs} }
func tag(n uint64, of *item) *item     { return &item{major: 6, n: n, parts: []*item{of}} }
func simple(n uint64) *item            { return &item{major: 7, n: n} }
func embedded(of *item) *item          { return tag(24, &item{major: 2, parts: []*item{of}}) }
func textTag(n uint64, s string) *item { return tag(n, text(s)) }

// write encodes the item in the spelling it was given.
func (i *item) write() []byte {
	var content []byte
	for _, p := range i.parts {
		content = append(content, p.write()...)
	}
	n := i.n
	switch i.major {
	case 2, 3:
		content = append(slices.Clone(i.text), content...)
		n = uint64(len(content))
	case 4:
		n = uint64(len(i.parts))
	case 5:
		n = uint64(len(i.parts) / 2)
	}
	if !i.open {
		return append(i.head(n), content...)
	}
	if i.major < 4 {
		content = append(i.head(n), content...) // one piece
	}
	return slices.Concat([]byte{i.major<<5 | 31}, content, []byte{0xff})
}

func (i *item) head(n uint64) []byte {
	width := i.wider
	for _, limit := range []uint64{24, 1 << 8, 1 << 16, 1 << 32} {
		if n >= limit {
			width++
		}
	}
	width = min(width, 4)
	if width == 0 {
		return []byte{i.major<<5 | byte(n)}
	}
	all := binary.BigEndian.AppendUint64(nil, n)
	return append([]byte{i.major<<5 | byte(23+width)}, all[8-1<<(width-1):]...)
}

// all lists the item and what is in it.
func (i *item) all() []*item {
	out := []*item{i}
	for _, p := range i.parts {
		out = append(out, p.all()...)
	}
	return out
}

// spoil changes one item somewhere in the tree.
func (in inputs) spoil(tree *item) {
	i := pick(in, tree.all()...)
	switch in.IntN(4) {
	case 0:
		in.respell(i)
	case 1:
		*i = *pick(in, simple(22), simple(20), simple(23), number(1), negative(0), text(""), byteString(nil), array(), members(), textTag(0, "2026-11-25T12:00:00Z"),
			textTag(0, "2026-11-25T12:00:00.5+01:00"), textTag(1004, "2026-02-30"), tag(1, number(7)), text("\xff"), byteString(make([]byte, 65)), number(1<<31))
	case 2:
		in.rearrange(i)
	case 3:
		in.retouch(i)
	}
}

// respell says the same in another form.
func (in inputs) respell(i *item) {
	switch {
	case in.one(2):
		i.wider = 1 + in.IntN(4)
	case i.major >= 2 && i.major <= 5:
		i.open = true
	default:
		inner := *i
		*i = *tag(pick[uint64](in, 24, 55799, 18, 1004), &inner)
	}
}

// rearrange repeats, leaves out, moves or adds parts: in a map whole members.
func (in inputs) rearrange(i *item) {
	step := 1
	if i.major == 5 {
		step = 2
	}
	if i.major < 4 || i.major > 5 || len(i.parts) == 0 {
		i.n++
		return
	}
	at, to := step*in.IntN(len(i.parts)/step), step*in.IntN(len(i.parts)/step)
	part := slices.Clone(i.parts[at : at+step])
	switch in.IntN(4) {
	case 0:
		i.parts = slices.Insert(slices.Clone(i.parts), to, part...)
	case 1:
		i.parts = slices.Delete(slices.Clone(i.parts), at, at+step)
	case 2:
		i.parts = slices.Insert(slices.Delete(slices.Clone(i.parts), at, at+step), to, part...)
	case 3:
		i.parts = append(slices.Clone(i.parts), []*item{text("unknown"), number(0)}[2-step:]...)
	}
}

// retouch changes a value into a neighbour of it.
func (in inputs) retouch(i *item) {
	switch {
	case i.major < 2 || i.major > 5:
		i.n ^= 1 << in.IntN(33)
	case len(i.text) > 0:
		i.text = in.bend(i.text)
	default:
		i.major ^= 1 // a list where a map was, text where bytes were
	}
}
