package openid4vp

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/verification"
)

// Answer is how a check ended.
type Answer struct {
	Verdict   verification.Verdict // of the documents that the purpose needs
	Reason    verification.Reason  // when the answer as a whole says why: "declined"
	Documents []Document           // in the order they were asked for
	At        time.Time
	Receipt   string // its id; empty when none could be kept
}

// Why is the reason of the verdict: the answer's own or, without one, that of the first needed document that is not valid.
func (a *Answer) Why() verification.Reason {
	if a.Reason != "" {
		return a.Reason
	}
	for _, d := range a.Documents {
		if d.Needed && d.Result.Verdict == a.Verdict {
			return d.Result.Reason()
		}
	}
	return ""
}

// Document is one document of an answer, with a verdict of its own. Elements of one that is not valid are seen by nobody.
type Document struct {
	ID       string // of the credential query
	Document string // of the catalogue
	Needed   bool   // the purpose is not served without it
	Result   verification.Result
}

// binding is what ties presentations to one request.
type binding struct {
	session  verification.Session // of an mdoc
	nonce    string               // of a JWT
	audience string
}

// judge looks at every document of a token. It never shows what was not asked for: each document is compared with the
// one query whose id it came under, and no other result exists.
func (s *Service) judge(ctx context.Context, q purpose.Query, token oid4vp.VPToken, b binding) *Answer {
	asks := q.Asks()
	for id, presentations := range token {
		if !slices.ContainsFunc(asks, func(a purpose.Ask) bool { return a.ID == id }) {
			return s.ended(verification.NotValid, verification.ReasonUnexpected)
		}
		if len(presentations) != 1 {
			return s.ended(verification.NotValid, verification.ReasonDocumentCount)
		}
	}
	return s.collect(asks, func(a purpose.Ask) (verification.Result, bool) {
		presentations, ok := token[a.ID]
		if !ok {
			return verification.Result{}, false
		}
		return s.examine(ctx, a, presentations[0], b), true
	})
}

// judgeResponse is judge for ISO 18013-5's own protocols: one DeviceResponse holds all documents, told apart by docType.
func (s *Service) judgeResponse(ctx context.Context, q purpose.Query, response []byte, session verification.Session) *Answer {
	asks := slices.DeleteFunc(q.Asks(), func(a purpose.Ask) bool { return a.Format != purpose.MDoc })
	types, err := verification.PresentedTypes(response)
	if err != nil {
		return s.ended(verification.NotValid, verification.ReasonMalformed)
	}
	for i, name := range types {
		if !slices.ContainsFunc(asks, func(a purpose.Ask) bool { return a.Type == name }) {
			return s.ended(verification.NotValid, verification.ReasonUnexpected)
		}
		if slices.Contains(types[:i], name) {
			return s.ended(verification.NotValid, verification.ReasonDocumentCount)
		}
	}
	return s.collect(asks, func(a purpose.Ask) (verification.Result, bool) {
		if !slices.Contains(types, a.Type) {
			return verification.Result{}, false
		}
		return s.options.Verifier.VerifyDocument(ctx, response, session, asked(a)), true
	})
}

// collect makes an answer of what each ask was given.
func (s *Service) collect(asks []purpose.Ask, result func(purpose.Ask) (verification.Result, bool)) *Answer {
	answer := s.ended(verification.Valid, "")
	given := map[int]bool{}
	for _, a := range asks {
		r, ok := result(a)
		if !ok {
			continue
		}
		given[a.Group] = true
		answer.Documents = append(answer.Documents, Document{ID: a.ID, Document: a.Document, Needed: a.Required, Result: r})
		if a.Required {
			answer.Verdict = worse(answer.Verdict, r.Verdict)
		}
	}
	for _, a := range asks {
		if a.Required && !given[a.Group] {
			answer.Verdict, answer.Reason = worse(answer.Verdict, verification.CouldNotCheck), verification.ReasonNotShared
		}
	}
	return answer
}

func (s *Service) examine(ctx context.Context, a purpose.Ask, presentation string, b binding) verification.Result {
	if a.Format == purpose.JWT {
		return s.options.Verifier.VerifyPresentation(ctx, presentation, b.nonce, b.audience, asked(a))
	}
	response, err := base64.RawURLEncoding.Strict().DecodeString(presentation)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(response)) != len(presentation) {
		response = nil // no DeviceResponse: the engine says so
	}
	return s.options.Verifier.VerifyDeviceResponse(ctx, response, b.session, asked(a))
}

// finish ends a check with its answer and a receipt.
func (s *Service) finish(ctx context.Context, n *session, a *Answer) {
	a.Receipt = s.options.Receipt(context.WithoutCancel(ctx), n.query.Purpose(), a.Verdict)
	n.finish(a)
}

// ended is an answer without documents.
func (s *Service) ended(v verification.Verdict, r verification.Reason) *Answer {
	return &Answer{Verdict: v, Reason: r, At: s.options.Now()}
}

// worse keeps a fault from being hidden behind a gap.
func worse(a, b verification.Verdict) verification.Verdict {
	for _, v := range []verification.Verdict{verification.NotValid, verification.CouldNotCheck} {
		if a == v || b == v {
			return v
		}
	}
	return verification.Valid
}
