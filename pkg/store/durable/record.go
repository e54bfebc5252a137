package durable

import (
	"encoding/binary"
	"fmt"
	"time"

	"justice-wallet/pkg/journal"
	"justice-wallet/pkg/statuslist"
)

// Kinds of records.
const (
	kindList  byte = 1 // a list was begun: epoch, size
	kindGiven byte = 2 // counters up to number were given, and are needed until at
	kindEnded byte = 3 // the slot at index number was revoked at at
	kindSelf  byte = 4 // the journal's own name, in list: the first record of all
	kindNames byte = 5 // the members of a list, in epoch: names, a space between
)

// record is one entry of the journal: its kind, the list's id after its length, then the kind's own: texts after their
// length, numbers as varints, times as nanoseconds since 1970 (0: none).
type record struct {
	kind   byte
	list   string
	epoch  string
	size   int
	number int
	at     time.Time
}

func (r record) encode() []byte {
	b := appendText([]byte{r.kind}, r.list)
	switch r.kind {
	case kindSelf:
		return b
	case kindNames:
		return appendText(b, r.epoch)
	case kindList:
		return binary.AppendUvarint(appendText(b, r.epoch), uint64(r.size))
	}
	at := int64(0)
	if !r.at.IsZero() {
		at = r.at.UnixNano()
	}
	return binary.AppendVarint(binary.AppendUvarint(b, uint64(r.number)), at)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func decode(b []byte) (record, error) {
	d := decoder{b: b}
	r := record{kind: d.byte(), list: d.text()}
	switch r.kind {
	case kindList:
		r.epoch, r.size = d.text(), d.number()
	case kindSelf:
	case kindNames:
		r.epoch = d.text()
	case kindGiven, kindEnded:
		r.number, r.at = d.number(), d.time()
	default:
		d.bad = true
	}
	if d.bad || len(d.b) > 0 || r.list == "" {
		return record{}, fmt.Errorf("%w: a record of no known form", journal.ErrDamaged)
	}
	return r, nil
}

// decoder takes a record apart; what does not fit makes it bad.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.bad, d.b = true, nil
		return nil
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) number() int {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > statuslist.MaxEntries {
		d.bad = true
		return 0
	}
	d.take(n)
	return int(v)
}

func (d *decoder) text() string { return string(d.take(d.number())) }

func (d *decoder) time() time.Time {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.bad = true
		return time.Time{}
	}
	d.take(n)
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(0, v).UTC()
}
