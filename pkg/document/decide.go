package document

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
)

// CodeFactMissing and CodeEnded are the codes of two refusals no file needs to state.
const (
	CodeFactMissing = "fact_missing"
	CodeEnded       = "ended"
)

// Decide says whether the facts allow the document to be issued. The first refusal that applies is returned, a fault of
// kind Forbidden with its code, which is private. A fact that is missing refuses.
func (d *Document) Decide(f credential.Facts) error {
	for _, r := range d.Refuse {
		if v, ok := f[r.Unless]; !ok || !slices.Contains(r.In, v) {
			return &fault.Error{Kind: fault.Forbidden, Code: r.Code, Private: true}
		}
	}
	return nil
}

// Period returns how long a document issued at now lasts: cut by each date of the validity rule, to the end of that day
// in London, and by latest when that is set. When nothing is left it is a fault of kind Forbidden.
func (d *Document) Period(f credential.Facts, now, latest time.Time) (credential.Validity, error) {
	signed := now.UTC().Truncate(time.Second)
	until := signed.Add(d.Validity.For)
	for _, name := range d.Validity.NeverAfter {
		day, ok := f[name].(credential.Date)
		if !ok {
			return credential.Validity{}, fault.New(fault.Forbidden, CodeFactMissing, name)
		}
		if end := day.Time(d.london).AddDate(0, 0, 1).Add(-time.Second).UTC(); end.Before(until) {
			until = end
		}
	}
	if !latest.IsZero() && latest.Before(until) {
		until = latest.UTC().Truncate(time.Second)
	}
	if !until.After(signed) {
		return credential.Validity{}, fault.New(fault.Forbidden, CodeEnded, "")
	}
	update := until.Add(-d.Validity.RefreshLead)
	if !update.After(signed) {
		update = signed.Add(until.Sub(signed) / 2).Truncate(time.Second)
	}
	return credential.Validity{Signed: signed, From: signed, Until: until, ExpectedUpdate: update}, nil
}

// Fill returns what the document states of the facts, in the order of the file. A mandatory fact that is missing is a
// fault of kind Forbidden; a value of another shape is our mistake, or the source's, and so Internal.
func (d *Document) Fill(f credential.Facts, made map[Made]any) ([]credential.Element, error) {
	out := make([]credential.Element, 0, len(d.Elements))
	for _, e := range d.Elements {
		v, ok := e.value(f, made)
		if !ok && e.Optional {
			continue
		}
		if !ok {
			return nil, fault.New(fault.Forbidden, CodeFactMissing, e.Name)
		}
		if err := e.Shape.fits(v); err != nil {
			return nil, fmt.Errorf("fill %s: %s: %w", d.Type, e.Name, err)
		}
		out = append(out, credential.Element{Namespace: e.Namespace, Name: e.Name, Value: v})
	}
	return out, nil
}

func (e Element) value(f credential.Facts, made map[Made]any) (v any, ok bool) {
	switch {
	case e.Fact != "":
		v, ok = f[e.Fact]
	case e.Make != "":
		v, ok = made[e.Make]
	default:
		v, ok = e.Const, true
	}
	if n, isInt := v.(int); isInt {
		v = int64(n)
	}
	return v, ok
}

// Check refuses a list of elements that holds one the document does not have, one twice, one of another shape, or lacks
// one it must have.
func (d *Document) Check(elements []credential.Element) error {
	seen := map[[2]string]bool{}
	for _, e := range elements {
		key := [2]string{e.Namespace, e.Name}
		known, ok := d.Element(e.Namespace, e.Name)
		if !ok || seen[key] {
			return fmt.Errorf("check %s: %s %s is not in its list, or stands twice", d.Type, e.Namespace, e.Name)
		}
		seen[key] = true
		if err := known.Shape.fits(e.Value); err != nil {
			return fmt.Errorf("check %s: %s: %w", d.Type, e.Name, err)
		}
	}
	for _, e := range d.Elements {
		if !e.Optional && !seen[[2]string{e.Namespace, e.Name}] {
			return fmt.Errorf("check %s: %s is missing", d.Type, e.Name)
		}
	}
	return nil
}

// Element returns one element of the document's list.
func (d *Document) Element(namespace, name string) (Element, bool) {
	for _, e := range d.Elements {
		if e.Namespace == namespace && e.Name == name {
			return e, true
		}
	}
	return Element{}, false
}

// MayAsk returns the elements a purpose may ask for, in the order of the file.
func (d *Document) MayAsk(purpose string) []Element {
	var out []Element
	for _, e := range d.Elements {
		if slices.Contains(e.Purposes, purpose) {
			out = append(out, e)
		}
	}
	return out
}

// fits says why v does not have the shape. The error names no value.
func (s Shape) fits(v any) error {
	ok := false
	switch v := v.(type) {
	case string:
		ok = s.Kind == KindText && utf8.ValidString(v) && utf8.RuneCountInString(v) <= s.MaxLength && (s.Enum == nil || slices.Contains(s.Enum, v))
	case bool:
		ok = s.Kind == KindBool
	case int, int64:
		ok = s.Kind == KindInteger
	case credential.Date:
		ok = s.Kind == KindDate
	case time.Time:
		ok = s.Kind == KindDateTime && v.Location() == time.UTC && v.Nanosecond() == 0
	case []byte:
		ok = s.Kind == KindJPEG && len(v) <= s.MaxLength && isJPEG(v)
	case []any:
		return s.fitsList(v)
	case map[string]any:
		return s.fitsObject(v)
	}
	if !ok {
		return fmt.Errorf("a value does not have the shape of %s", s.Kind)
	}
	return nil
}

// isJPEG takes the signatures GOV.UK Wallet takes (harness: validatePortrait).
func isJPEG(b []byte) bool {
	n := len(b)
	return n >= 6 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff && (b[3] == 0xe0 || b[3] == 0xee || b[3] == 0xdb) && b[n-2] == 0xff && b[n-1] == 0xd9
}

func (s Shape) fitsList(list []any) error {
	if s.Kind != KindList || len(list) > s.MaxLength {
		return fmt.Errorf("a list does not have the shape of %s, or is too long", s.Kind)
	}
	for _, item := range list {
		if err := s.Items.fits(item); err != nil {
			return err
		}
	}
	return nil
}

func (s Shape) fitsObject(object map[string]any) error {
	if s.Kind != KindObject {
		return fmt.Errorf("an object does not have the shape of %s", s.Kind)
	}
	known := 0
	for _, m := range s.Members {
		v, ok := object[m.Name]
		if !ok && !m.Optional {
			return fmt.Errorf("member %s is missing", m.Name)
		}
		if !ok {
			continue
		}
		known++
		if err := m.Shape.fits(v); err != nil {
			return fmt.Errorf("member %s: %w", m.Name, err)
		}
	}
	if known != len(object) {
		return fmt.Errorf("an object has a member that does not belong")
	}
	return nil
}
