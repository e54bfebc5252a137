package check

import (
	"errors"
	"time"
)

// Verdict is what a rule came to.
type Verdict string

const (
	Held    Verdict = "held"
	Broken  Verdict = "broken"
	Unknown Verdict = "could not check"
	Apart   Verdict = "does not apply"
)

// Rule is one thing that must hold, and where that is written.
type Rule struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Source string `json:"source"` // "H" is GOV.UK's harness, "D" GOV.UK's documentation
}

// Finding is what became of one rule.
type Finding struct {
	Rule
	Subject   string     `json:"subject,omitempty"` // which of several it is about: a file, a credential
	Verdict   Verdict    `json:"verdict"`
	Detail    string     `json:"detail,omitempty"` // why, unless it held
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// Exchange is one question and its answer, in words, without secrets.
type Exchange struct {
	Step     string `json:"step"`
	Sent     string `json:"sent"`
	Received string `json:"received"`
}

// Report is everything that was found.
type Report struct {
	Subject  string    `json:"subject"` // what was judged: a URL, or "certificates"
	Began    time.Time `json:"began"`
	Findings []Finding `json:"findings"`
}

// Count returns how many rules came to v.
func (r Report) Count(v Verdict) int {
	n := 0
	for _, f := range r.Findings {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

// Verdict is Broken when any rule is, else Unknown when any is or none was held, else Held.
func (r Report) Verdict() Verdict {
	switch {
	case r.Count(Broken) > 0:
		return Broken
	case r.Count(Unknown) > 0 || r.Count(Held) == 0:
		return Unknown
	}
	return Held
}

// Broken lists the ids of the rules that were broken.
func (r Report) Broken() []string {
	var out []string
	for _, f := range r.Findings {
		if f.Verdict == Broken {
			out = append(out, f.ID)
		}
	}
	return out
}

// rule is a Rule with the function that judges it over S: nil when it holds.
type rule[S any] struct {
	id, title, source string
	steps             []string // the exchanges that it reads
	holds             func(S) error
}

// unknownError says that a rule cannot be judged; apartError, that it is not about this subject.
type (
	unknownError struct{ error }
	apartError   struct{ error }
)

func unknown(why string) error { return unknownError{errors.New(why)} }
func apart(why string) error   { return apartError{errors.New(why)} }

// needs turns the failure of what a rule builds on into "could not check": another rule says that it failed.
func needs(err error) error {
	var already apartError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return unknownError{err}
}

func verdict(err error) (Verdict, string) {
	var u unknownError
	var a apartError
	switch {
	case err == nil:
		return Held, ""
	case errors.As(err, &a):
		return Apart, err.Error()
	case errors.As(err, &u):
		return Unknown, err.Error()
	}
	return Broken, err.Error()
}

// judge holds every rule against s.
func judge[S any](rules []rule[S], subject string, s S, exchanges func(steps []string) []Exchange) []Finding {
	out := make([]Finding, len(rules))
	for i, r := range rules {
		f := Finding{Rule: Rule{r.id, r.title, r.source}, Subject: subject}
		f.Verdict, f.Detail = verdict(r.holds(s))
		f.Exchanges = exchanges(r.steps)
		out[i] = f
	}
	return out
}

// list returns the rules without their functions.
func list[S any](rules []rule[S]) []Rule {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		out[i] = Rule{r.id, r.title, r.source}
	}
	return out
}
