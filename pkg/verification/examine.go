package verification

import (
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/credential"
)

// finding is how one check ended.
type finding struct {
	outcome  Outcome
	reason   Reason
	evidence map[string]string
}

func passed(evidence map[string]string) finding { return finding{Passed, "", evidence} }
func failed(r Reason) finding                   { return finding{Failed, r, nil} }
func unknown(r Reason) finding                  { return finding{Unknown, r, nil} }
func notAsked(r Reason) finding                 { return finding{NotAsked, r, nil} }

func (f finding) with(name, value string) finding {
	if f.evidence == nil {
		f.evidence = map[string]string{}
	}
	f.evidence[name] = value
	return f
}

// claims is what a document says, whatever its format.
type claims struct {
	documentType string
	validity     credential.Validity
	status       *credential.StatusRef
	elements     []credential.Element
}

// subject is one document under examination. After format has passed, the other methods may be called, in order.
type subject interface {
	scope() Scope
	format() finding
	claims() claims
	issuerSignature(ctx context.Context, store TrustStore) finding
	trust(store TrustStore, now time.Time) finding
	holderBinding() finding
}

// examine runs the checks in order. The first that neither passed nor was not asked ends it.
func (v *Verifier) examine(ctx context.Context, s subject, asked Asked) Result {
	now := v.Now()
	steps := []struct {
		name Name
		run  func() finding
	}{
		{Format, s.format},
		{IssuerSignature, func() finding { return s.issuerSignature(ctx, v.Trust) }},
		{Trust, func() finding { return s.trust(v.Trust, now) }},
		{ValidityPeriod, func() finding { return checkValidity(s.claims().validity, now) }},
		{HolderBinding, s.holderBinding},
		{RequestMatch, func() finding { return checkRequest(s, asked) }},
		{Status, func() finding { return v.checkStatus(ctx, s.claims().status, now) }},
	}
	result := Result{Scope: s.scope(), Verdict: Valid}
	for _, step := range steps {
		f := unknown(ReasonNotReached)
		if result.Verdict == Valid {
			f = step.run()
			result.Verdict = verdictOf(f.outcome)
		}
		result.Checks = append(result.Checks, Check{step.name, f.outcome, f.reason, f.evidence})
		if step.name == Trust && f.outcome == Passed {
			result.DocumentType = s.claims().documentType
		}
	}
	if result.Verdict == Valid {
		result.Elements = shown(s.claims().elements, asked)
	}
	return result
}

// verdictOf says what a check that ended so makes of a document that stood until then.
func verdictOf(o Outcome) Verdict {
	switch o {
	case Passed, NotAsked:
		return Valid
	case Failed:
		return NotValid
	}
	return CouldNotCheck
}

// shown keeps what was asked for, and nothing else: whatever a holder or a wallet adds is seen by nobody.
func shown(elements []credential.Element, asked Asked) []credential.Element {
	return slices.DeleteFunc(slices.Clone(elements), func(e credential.Element) bool { return !asked.shows(e) })
}
