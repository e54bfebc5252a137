package listwatch

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Options need Keys, State and Now.
type Options struct {
	Keys      string            // the JWK set that signs the lists: an address or a file, told by whoever runs them, never by a list
	State     string            // file of what was seen before
	Renewal   float64           // the part of its life after which a list should have been renewed; 0 means 0.75
	Now       func() time.Time  // in a test, another
	Transport http.RoundTripper // nil means one of our own
}

// defaultRenewal leaves a publisher that renews at half a list's life a quarter of it to come right.
const defaultRenewal = 0.75

// Watcher checks lists. It is not safe for concurrent use.
type Watcher struct {
	options Options
	http    *http.Client
	memory  *memory
}

// New reads what was seen before.
func New(o Options) (*Watcher, error) {
	if o.Renewal == 0 {
		o.Renewal = defaultRenewal
	}
	m, err := openMemory(o.State)
	if err != nil {
		return nil, err
	}
	return &Watcher{options: o, http: newClient(o.Transport), memory: m}, nil
}

// Report is what one round saw.
type Report struct {
	At     time.Time
	Alarms []Alarm
	Lists  []Seen // those that verified, in the order asked for
}

// Seen is a list that verified, whatever else is wrong with it.
type Seen struct {
	URI     string
	Issued  time.Time
	Entries int
	Ended   int // entries that are not valid
}

// Round checks every list once. What is wrong with lists is in the report; the error is of the watcher's own file.
func (w *Watcher) Round(ctx context.Context, uris []string) (Report, error) {
	r := Report{At: w.options.Now()}
	keys, errKeys := w.loadKeys(ctx)
	for _, uri := range uris {
		s, problems := w.checkList(ctx, uri, keys, errKeys)
		for _, p := range problems {
			r.Alarms = append(r.Alarms, w.alarm(uri, p))
		}
		if s != nil {
			r.Lists = append(r.Lists, *s)
		}
	}
	return r, w.memory.save()
}

func (w *Watcher) alarm(uri string, err error) Alarm {
	a := Alarm{List: uri, Kind: KindUnavailable, At: w.options.Now()}
	if p := (*problem)(nil); errors.As(err, &p) {
		a.Kind, a.Detail = p.kind, p.detail
	}
	return a
}

// checkList returns everything that is wrong with a list. What keeps it from being read is reported alone.
func (w *Watcher) checkList(ctx context.Context, uri string, keys map[string]*ecdsa.PublicKey, errKeys error) (*Seen, []error) {
	a, err := w.fetchList(ctx, uri)
	if err != nil {
		return nil, []error{err}
	}
	t, err := parseToken(a.body)
	if err != nil {
		return nil, []error{err}
	}
	if errKeys != nil {
		return nil, []error{errKeys}
	}
	if err := t.verify(keys); err != nil {
		return nil, []error{err}
	}
	list, err := t.List.unpack()
	if err != nil {
		return nil, []error{err}
	}
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	note(t.check(uri, w.options.Now(), w.options.Renewal))
	note(checkCaching(a.header, t, w.options.Now()))
	note(w.checkConditional(ctx, uri, a))
	note(w.checkCompressed(ctx, uri))
	note(w.follow(uri, t, list))
	return &Seen{uri, time.Unix(t.IssuedAt, 0), len(list) * 8 / t.List.Bits, ended(list, t.List.Bits)}, problems
}

// follow compares with the list seen before, and remembers t's when it may take its place. A list that is another's is
// not compared.
func (w *Watcher) follow(uri string, t token, list []byte) error {
	if t.Subject != uri {
		return nil
	}
	if before, ok := w.memory.lists[uri]; ok {
		if err := before.follow(t, list); err != nil {
			return err
		}
	}
	if w.options.Now().Add(skew).Before(time.Unix(t.IssuedAt, 0)) {
		return nil // one dated ahead would make every honest one after it look old
	}
	w.memory.lists[uri] = seen{t.IssuedAt, t.List.Bits, list}
	return nil
}

// Value returns an entry of the newest good list of uri, and false when no list was seen or it has no such entry.
func (w *Watcher) Value(uri string, index int) (byte, bool) {
	s, ok := w.memory.lists[uri]
	if !ok || index < 0 || index >= len(s.List)*8/s.Bits {
		return 0, false
	}
	return s.List[index*s.Bits/8] >> (index * s.Bits % 8) & (1<<s.Bits - 1), true
}

// Run checks the lists at every tick until ctx ends, and hands each report over.
func (w *Watcher) Run(ctx context.Context, ticks <-chan time.Time, uris func() ([]string, error), report func(Report)) error {
	for {
		lists, err := uris()
		if err != nil {
			return fmt.Errorf("read the names of lists: %w", err)
		}
		r, err := w.Round(ctx, lists)
		if ctx.Err() != nil {
			return nil
		}
		report(r)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
		}
	}
}
