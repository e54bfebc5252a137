package verification

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"time"

	"justice-wallet/pkg/format/vcjwt"
)

// VerifyJWT checks a bare JWT credential, in compact serialisation.
func (v *Verifier) VerifyJWT(ctx context.Context, compact string, asked Asked) Result {
	return v.examine(ctx, &jwtSubject{compact: compact}, asked)
}

// VerifyPresentation checks a verifiable presentation of one JWT credential, made for audience in answer to nonce.
func (v *Verifier) VerifyPresentation(ctx context.Context, compact, nonce, audience string, asked Asked) Result {
	return v.examine(ctx, &presentedJWT{compact: compact, nonce: nonce, audience: audience}, asked)
}

type jwtSubject struct {
	compact    string
	credential *vcjwt.Credential
}

func (s *jwtSubject) scope() Scope { return ScopeDocument }

func (s *jwtSubject) format() finding {
	var err error
	if s.credential, err = vcjwt.Open(s.compact); err != nil {
		return failed(ReasonMalformed)
	}
	return passed(map[string]string{"format": vcjwt.FormatName})
}

func (s *jwtSubject) claims() claims {
	c := s.credential
	return claims{documentType: c.Types[len(c.Types)-1], validity: c.Validity, status: c.Status, elements: c.Elements}
}

// issuerSignature takes the key from the trust store alone; the token only says which.
func (s *jwtSubject) issuerSignature(ctx context.Context, store TrustStore) finding {
	key, f := issuerKey(ctx, store, s.credential.Issuer, s.credential.KeyID)
	if key == nil {
		return f
	}
	if err := s.credential.Verify(key); err != nil {
		return failed(ReasonSignature)
	}
	return passed(nil)
}

// issuerKey returns the key or, with nil, why there is none.
func issuerKey(ctx context.Context, store TrustStore, issuer, keyID string) (*ecdsa.PublicKey, finding) {
	key, err := store.IssuerKey(ctx, issuer, keyID)
	switch {
	case errors.Is(err, ErrIssuerUntrusted):
		return nil, failed(ReasonIssuerUntrusted)
	case errors.Is(err, ErrTrustStale):
		return nil, unknown(ReasonTrustStale)
	case errors.Is(err, ErrKeyUnknown):
		return nil, failed(ReasonIssuerKeyUnknown)
	case err != nil || key == nil:
		return nil, unknown(ReasonIssuerKeysNotFound)
	}
	return key, finding{}
}

// trust holds once issuerSignature has passed: its key is one of a trusted issuer's.
func (s *jwtSubject) trust(TrustStore, time.Time) finding {
	return passed(map[string]string{"issuer": s.credential.Issuer, "key": s.credential.KeyID})
}

func (s *jwtSubject) holderBinding() finding { return notAsked(ReasonNotPresented) }

// presentedJWT is a credential within its holder's presentation.
type presentedJWT struct {
	jwtSubject
	compact, nonce, audience string
	presentation             *vcjwt.Presentation
}

func (s *presentedJWT) scope() Scope { return ScopePresentation }

func (s *presentedJWT) format() finding {
	p, err := vcjwt.OpenPresentation(s.compact)
	if err != nil {
		return failed(ReasonMalformed)
	}
	if len(p.Credentials) != 1 {
		return failed(ReasonDocumentCount)
	}
	s.presentation, s.credential = p, p.Credentials[0]
	return passed(map[string]string{"format": vcjwt.FormatName})
}

func (s *presentedJWT) holderBinding() finding {
	p := s.presentation
	if !s.credential.Holder.Equal(p.Holder) {
		return failed(ReasonHolderMismatch)
	}
	if err := p.Verify(); err != nil {
		return failed(ReasonHolderSignature)
	}
	// OpenPresentation refuses an empty nonce or audience, so a caller who has none gets no match.
	if p.Nonce != s.nonce {
		return failed(ReasonNonce)
	}
	if p.Audience != s.audience {
		return failed(ReasonAudience)
	}
	return passed(map[string]string{"method": "holder_signature"})
}
