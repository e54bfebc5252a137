// Package letter is the paper form of a document, for people without a smartphone: the few facts a letter states, and the
// signed token that its QR code holds, so that anyone with a phone can tell whether a letter is genuine.
//
// Its invariants, each held by a test:
//   - A letter states what its kind lists and nothing else, and every element of a kind may be asked for by one purpose.
//   - A token has one encoding. Whatever else is sent, one bit away or one byte more, is refused.
//   - A token's signature is of its own type (RFC 9596) and a letter's key signs letters only: neither can be taken for
//     that of another document.
//   - A token that was written fits a QR code that prints legibly.
//
// A letter is bound to no phone. That it is genuine says nothing of who holds it.
package letter

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"justice-wallet/pkg/credential"
)

// Life is how long a letter can be used, unless its document ends sooner.
const Life = 28 * 24 * time.Hour

// Kind is what a letter is for.
type Kind string

const (
	Release  Kind = "release"  // to a council's housing team or for a benefit claim: released, and when
	Identity Kind = "identity" // to a bank: who the person is, confirmed
	Approval Kind = "approval" // to a landlord or employer: an address or a job is approved
)

// Shape is what the value of an element looks like.
type Shape string

const (
	Text Shape = "text"
	Day  Shape = "full-date"
	True Shape = "true" // absence means nothing, so there is no letter that says no
)

// Element is one fact that a kind of letter states.
type Element struct {
	Namespace, Name string // as in the document
	Shape           Shape
	Max             int // characters of text
	Optional        bool
}

// Form is one kind of letter.
type Form struct {
	Kind     Kind
	Document string // the document type it is the paper form of
	Elements []Element
}

const iso, release, approval = "org.iso.23220.1", "uk.gov.justice.prisonrelease.1", "uk.gov.justice.probationapproval.1"

// Forms returns every kind of letter. The elements are those that one purpose of the register may ask for, and no more.
func Forms() []Form {
	family, given := Element{iso, "family_name", Text, 150, false}, Element{iso, "given_name", Text, 150, true}
	return []Form{
		{Release, release, []Element{family, given, {release, "released", True, 0, false}, {release, "release_date", Day, 0, false}}},
		{Identity, release, []Element{family, given, {iso, "birth_date", Day, 0, false}, {iso, "issuing_authority", Text, 150, false}}},
		{Approval, approval, []Element{
			family, given, {approval, "approval_type", Text, 20, false}, {approval, "approved", True, 0, false},
			{approval, "approval_subject", Text, 300, false}, {approval, "approved_on", Day, 0, false}, {approval, "valid_until", Day, 0, false},
		}},
	}
}

// FormOf returns the form of a kind.
func FormOf(k Kind) (Form, bool) {
	all := Forms()
	i := slices.IndexFunc(all, func(f Form) bool { return f.Kind == k })
	if i < 0 {
		return Form{}, false
	}
	return all[i], true
}

// KindsOf returns the kinds of letter that a document can be had as; none for most.
func KindsOf(documentType string) []Kind {
	var out []Kind
	for _, f := range Forms() {
		if f.Document == documentType {
			out = append(out, f.Kind)
		}
	}
	return out
}

// Letter is what a letter says. It prints as [redacted].
type Letter struct {
	Issuer   string // URL of who issued it
	Kind     Kind
	Code     string // 12 characters: what is read out to the phone line
	Issued   time.Time
	Expires  time.Time
	Status   credential.StatusRef // its slot; without a bitstring
	Elements []credential.Element // in the order of its form
}

func (Letter) String() string       { return "[redacted]" }
func (Letter) GoString() string     { return "[redacted]" }
func (Letter) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Valid says whether now is within the letter's time.
func (l Letter) Valid(now time.Time) bool { return !now.Before(l.Issued) && now.Before(l.Expires) }

// Value returns what the letter says of an element, or nil.
func (l Letter) Value(name string) any {
	for _, e := range l.Elements {
		if e.Name == name {
			return e.Value
		}
	}
	return nil
}

// GroupCode writes a code as people read it: three groups of four.
func GroupCode(code string) string {
	if len(code) != codeSize {
		return code
	}
	return code[:4] + " " + code[4:8] + " " + code[8:]
}

const codeSize = 12

var (
	codes = regexp.MustCompile(`^[2-9BCDFGHJKLMNPQRSTVWXZ]{12}$`)
	urls  = regexp.MustCompile(`^https?://[a-z0-9.:-]{1,80}(/[A-Za-z0-9_./-]{0,120})?$`)
)

// maxIndex is beyond the largest list there is.
const maxIndex = 1 << 27

// check refuses a letter that is not of its form. The error names no value.
func (l Letter) check() error {
	form, ok := FormOf(l.Kind)
	switch {
	case !ok:
		return errors.New("there is no such kind of letter")
	case !urls.MatchString(l.Issuer) || !urls.MatchString(l.Status.URI):
		return errors.New("issuer or status list is not a plain URL")
	case !codes.MatchString(l.Code):
		return errors.New("the code is not 12 characters of its alphabet")
	case l.Status.Index < 0 || l.Status.Index >= maxIndex:
		return errors.New("the status index is out of bounds")
	case !whole(l.Issued) || !whole(l.Expires) || !l.Expires.After(l.Issued) || l.Expires.Sub(l.Issued) > Life:
		return errors.New("its time is not one of whole seconds, within 28 days")
	}
	return form.check(l.Elements)
}

// whole holds for times that a token can carry.
func whole(t time.Time) bool {
	return t.Nanosecond() == 0 && t.Unix() > 0 && t.Unix() < 1<<34
}

func (f Form) check(elements []credential.Element) error {
	left := elements
	for _, want := range f.Elements {
		if len(left) == 0 || left[0].Name != want.Name {
			if want.Optional {
				continue
			}
			return fmt.Errorf("element %s is missing, or out of order", want.Name)
		}
		if left[0].Namespace != want.Namespace || !want.fits(left[0].Value) {
			return fmt.Errorf("element %s does not have its shape", want.Name)
		}
		left = left[1:]
	}
	if len(left) > 0 {
		return errors.New("an element does not belong")
	}
	return nil
}

func (e Element) fits(v any) bool {
	switch v := v.(type) {
	case string:
		return e.Shape == Text && v != "" && utf8.ValidString(v) && utf8.RuneCountInString(v) <= e.Max && !containsControl(v)
	case credential.Date:
		_, err := credential.ParseDate(v.String())
		return e.Shape == Day && err == nil
	case bool:
		return e.Shape == True && v
	}
	return false
}

// containsControl holds for text with a character that is not shown, or that turns text round.
func containsControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return true
		}
	}
	return false
}
