// Package letters is where letters on paper are asked for, made and printed. People ask at the holder's pages; officers
// print at the console. Both call the same service.
//
// Its invariants, each held by a test:
//   - A wish, with the address in it, is sealed in the store and leaves it when an officer has dealt with it, or after 14 days.
//   - A wish is no letter: whether the person may have one is decided when it is printed.
//   - A printed letter is reached by a name that means nothing outside the visit that made it. No address of a page holds
//     anything about a person or a letter.
//   - Nothing that a letter says is in a log, and no page of it is kept by anybody's cache.
package letters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/seal"
	"justice-wallet/pkg/ui"
)

const (
	keepWishes = 14 * 24 * time.Hour
	pageWishes = 100 // are read at once
	mostLines  = 6   // of an address
	mostText   = 150
)

// Maker decides on letters and makes them: *issuance.Letters.
type Maker interface {
	Issue(ctx context.Context, r issuance.LetterRequest) (issuance.IssuedLetter, error)
	Open(ctx context.Context, id string) (issuance.IssuedLetter, error)
}

// Deps may none be nil.
type Deps struct {
	Maker  Maker
	Wishes issuance.LetterWishes
	Seal   *seal.Box // not the one of letters
	Audit  audit.Recorder
	Now    func() time.Time
}

// Service takes wishes for letters, and makes letters. Safe for concurrent use.
type Service struct{ Deps }

// New returns a service.
func New(d Deps) (*Service, error) {
	if d.Maker == nil || d.Wishes == nil || d.Seal == nil || d.Audit == nil || d.Now == nil {
		return nil, errors.New("letters need a maker, wishes, a seal, an audit and a clock")
	}
	return &Service{d}, nil
}

// Wish is a person's wish for a letter. It prints as [redacted].
type Wish struct {
	ID       string          `json:"-"` // random: the same wish sent twice is one
	Asked    time.Time       `json:"-"`
	Record   issuance.Record `json:"record"`
	Kind     letter.Kind     `json:"kind"`
	Large    bool            `json:"large"`
	Language ui.Language     `json:"language"`
	Address  []string        `json:"address"` // empty: it is collected at a probation office
}

func (Wish) String() string       { return "[redacted]" }
func (Wish) GoString() string     { return "[redacted]" }
func (Wish) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// check refuses a wish that could not be printed.
func (w Wish) check() error {
	form, ok := letter.FormOf(w.Kind)
	if !ok || form.Kind == "" || w.Record.Person == "" || len(w.ID) < 16 || len(w.ID) > 64 {
		return fault.New(fault.Invalid, issuance.CodeNoSuchLetter, "there is no such letter")
	}
	if _, ok := ui.ParseLanguage(string(w.Language)); !ok || len(w.Address) > mostLines {
		return fault.New(fault.Invalid, "wish_malformed", "")
	}
	for _, line := range w.Address {
		if line == "" || len([]rune(line)) > mostText {
			return fault.New(fault.Invalid, "wish_malformed", "")
		}
	}
	return nil
}

// Request keeps a wish for an officer to print. It decides nothing.
func (s *Service) Request(ctx context.Context, w Wish) error {
	if err := w.check(); err != nil {
		return err
	}
	plain, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("keep wish: %w", err)
	}
	sealed, err := s.Seal.Seal(w.ID, plain)
	if err != nil {
		return fmt.Errorf("keep wish: %w", err)
	}
	if err := s.record(ctx, "letter.request", "holder", w.ID); err != nil {
		return err
	}
	now := s.Now().UTC()
	if err := s.Wishes.PutWish(ctx, issuance.LetterWish{ID: w.ID, Asked: now, Sealed: sealed}, now.Add(keepWishes)); err != nil {
		return away(err)
	}
	return nil
}

// Waiting returns the wishes that wait, the one that was asked first first. Who may see which is the caller's to say. An error
// is the last that comes.
func (s *Service) Waiting(ctx context.Context) iter.Seq2[Wish, error] {
	return func(yield func(Wish, error) bool) {
		var last issuance.LetterWish
		for {
			kept, err := s.Wishes.Wishes(ctx, last, pageWishes)
			if err != nil {
				yield(Wish{}, away(err))
				return
			}
			for _, last = range kept {
				w, err := s.open(last)
				if !yield(w, err) || err != nil {
					return
				}
			}
			if len(kept) < pageWishes {
				return
			}
		}
	}
}

func (s *Service) open(kept issuance.LetterWish) (Wish, error) {
	plain, err := s.Seal.Open(kept.ID, kept.Sealed)
	if err != nil {
		return Wish{}, fmt.Errorf("read wish: %w", err)
	}
	w := Wish{ID: kept.ID, Asked: kept.Asked}
	if err := json.Unmarshal(plain, &w); err != nil {
		return Wish{}, errors.New("read wish: not a wish") // the cause would quote it
	}
	return w, nil
}

// Done says that an officer has dealt with a wish. It may be repeated.
func (s *Service) Done(ctx context.Context, id, actor string) error {
	if err := s.record(ctx, "letter.request.done", actor, id); err != nil {
		return err
	}
	if err := s.Wishes.DropWish(ctx, id); err != nil {
		return away(err)
	}
	return nil
}

// Issue makes a letter and ends the earlier one. The same operation is the same letter.
func (s *Service) Issue(ctx context.Context, r issuance.LetterRequest) (issuance.IssuedLetter, error) {
	return s.Maker.Issue(ctx, r)
}

func (s *Service) record(ctx context.Context, what, who, subject string) error {
	if err := s.Audit.Record(ctx, audit.Event{What: what, Who: who, Subject: subject, When: s.Now()}); err != nil {
		return fault.Wrap(fault.Unavailable, "audit_unavailable", "", err)
	}
	return nil
}

func away(err error) error { return fault.Wrap(fault.Unavailable, "store_unavailable", "", err) }
