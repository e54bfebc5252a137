package check

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// servingRules are about how a list of either kind is served: how long it is kept, and what asking for it gives away.
var servingRules = []rule[*StatusRecord]{
	{"status.default", "Whoever does not say which form gets the JWT", draft + "§8.1; GOV.UK: status list contract", []string{stepListDefault}, func(r *StatusRecord) error {
		first, err := r.good()
		if err != nil {
			return err
		}
		a, err := r.step(stepListDefault)
		if err != nil {
			return err
		}
		return want(a.Status == http.StatusOK && a.Header.Get("Content-Type") == first.Header.Get("Content-Type"), "%s", a.words())
	}},
	{"status.cache", "It may be kept by anyone, no longer than its time to live and its end", draft + "§8.1, §13.7", listSteps, (*StatusRecord).cacheable},
	{"status.etag", "It has a strong entity tag", "RFC 9110 §8.8.3", listSteps, func(r *StatusRecord) error {
		a, err := r.good()
		if err != nil {
			return err
		}
		tag := a.Header.Get("ETag")
		return want(len(tag) > 2 && strings.HasPrefix(tag, `"`) && strings.HasSuffix(tag, `"`), "ETag is %q", printable(tag, 60))
	}},
	{"status.not-modified", "Whoever has it is told so in 304, without a body", "RFC 9110 §13.1.2, §15.4.5", []string{stepList, stepListAgain}, func(r *StatusRecord) error {
		if _, asked := r.Steps[stepListAgain]; !asked {
			return unknown("it has no entity tag to ask with")
		}
		a, err := r.step(stepListAgain)
		if err != nil {
			return err
		}
		return want(a.Status == http.StatusNotModified && len(a.Body) == 0, "%s", a.words())
	}},
	{"status.vary", "Caches are told that the form depends on Accept", "RFC 9110 §12.5.5", []string{stepList, stepListCWT}, func(r *StatusRecord) error {
		first, err := r.good()
		if err != nil {
			return err
		}
		other, err := r.step(stepListCWT)
		if err != nil {
			return needs(err)
		}
		if other.Header.Get("Content-Type") == first.Header.Get("Content-Type") {
			return apart("it has one form")
		}
		return want(variesByAccept(first) && variesByAccept(other), "Vary does not name Accept")
	}},
	{"status.privacy.query", "A query changes nothing: nobody can be led to say which entry they look at", draft + "§12.3", []string{stepListQuery}, func(r *StatusRecord) error {
		first, err := r.good()
		if err != nil {
			return err
		}
		a, err := r.step(stepListQuery)
		if err != nil {
			return err
		}
		refused := a.Status == http.StatusBadRequest || a.Status == http.StatusNotFound
		return want(refused || a.Status == http.StatusOK && bytes.Equal(a.Body, first.Body), "%s", a.words())
	}},
	{"status.privacy.cookies", "No answer sets a cookie", draft + "§12.3", []string{stepList, stepListDefault, stepListQuery, stepListUnknown}, func(r *StatusRecord) error {
		if _, err := r.good(); err != nil {
			return err
		}
		for _, s := range r.Steps {
			if s.Answer.Header.Get("Set-Cookie") != "" {
				return errors.New("one does")
			}
		}
		return nil
	}},
	{"status.unknown", "A list that is not is 404, and not an empty list", draft + "§8.1; GOV.UK: status list contract", []string{stepListUnknown}, func(r *StatusRecord) error {
		a, err := r.step(stepListUnknown)
		if err != nil {
			return err
		}
		return want(a.Status == http.StatusNotFound, "%s", a.words())
	}},
}

// good is the list's answer, if there is a list in it.
func (r *StatusRecord) good() (Answer, error) {
	a, err := r.step(stepList)
	if err != nil {
		return a, needs(err)
	}
	if a.Status != http.StatusOK {
		return a, unknown("there is no list")
	}
	return a, nil
}

func (r *StatusRecord) cacheable() error {
	a, err := r.good()
	if err != nil {
		return err
	}
	control := strings.ToLower(a.Header.Get("Cache-Control"))
	for _, never := range []string{"no-store", "private"} {
		if strings.Contains(control, never) {
			return errors.New("Cache-Control says " + never)
		}
	}
	m := maxAgeDirective.FindStringSubmatch(control)
	if m == nil {
		return errors.New("Cache-Control has no max-age")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return err
	}
	age := time.Duration(n) * time.Second
	ttl, until, err := r.life()
	if err != nil {
		return err
	}
	if age > ttl {
		return errors.New("max-age is longer than ttl")
	}
	return want(!r.Began.Add(age).After(until.Add(clockSkew)), "max-age goes past the end of the list")
}

// clockSkew is what two machines, and a run that takes a while, may differ by.
const clockSkew = time.Minute

func variesByAccept(a Answer) bool {
	return slices.ContainsFunc(a.Header.Values("Vary"), func(v string) bool {
		return strings.Contains(strings.ToLower(v), "accept") || v == "*"
	})
}
