package verification

import (
	"context"
	"errors"
	"time"

	"justice-wallet/pkg/format/sdjwt"
)

// VerifySDJWT checks a bare SD-JWT VC. A key binding it may have is not looked at: nobody said what it should bind to.
func (v *Verifier) VerifySDJWT(ctx context.Context, compact string, asked Asked) Result {
	return v.examine(ctx, &sdjwtSubject{compact: compact}, asked)
}

// VerifyPresentedSDJWT checks an SD-JWT VC that its holder bound to audience in answer to nonce.
func (v *Verifier) VerifyPresentedSDJWT(ctx context.Context, compact, nonce, audience string, asked Asked) Result {
	want := sdjwt.Binding{Nonce: nonce, Audience: audience, Now: v.Now(), MaxAge: bindingAge}
	return v.examine(ctx, &presentedSDJWT{sdjwtSubject{compact: compact}, want}, asked)
}

// bindingAge is ample: a key binding is as old as the answer is, a check lives for five minutes, and clocks of phones differ.
const bindingAge = 10 * time.Minute

type sdjwtSubject struct {
	compact    string
	credential *sdjwt.Credential
}

func (s *sdjwtSubject) scope() Scope { return ScopeDocument }

func (s *sdjwtSubject) format() finding {
	var err error
	if s.credential, err = sdjwt.OpenCredential(s.compact); err != nil {
		return failed(ReasonMalformed)
	}
	return passed(map[string]string{"format": sdjwt.FormatName})
}

func (s *sdjwtSubject) claims() claims {
	c := s.credential
	return claims{documentType: c.Type, validity: c.Validity, status: c.Status, elements: c.Elements}
}

// issuerSignature takes the key from the trust store alone, and then holds what was disclosed against what was signed.
func (s *sdjwtSubject) issuerSignature(ctx context.Context, store TrustStore) finding {
	key, f := issuerKey(ctx, store, s.credential.Issuer, s.credential.KeyID)
	if key == nil {
		return f
	}
	var refusal *sdjwt.Error
	switch err := s.credential.Verify(ctx, key); {
	case err == nil:
		return passed(nil)
	case errors.As(err, &refusal) && refusal.Reason == sdjwt.ReasonIssuer:
		return failed(ReasonSignature)
	}
	return failed(ReasonDigest)
}

// trust holds once issuerSignature has passed: its key is one of a trusted issuer's.
func (s *sdjwtSubject) trust(TrustStore, time.Time) finding {
	return passed(map[string]string{"issuer": s.credential.Issuer, "key": s.credential.KeyID})
}

func (s *sdjwtSubject) holderBinding() finding { return notAsked(ReasonNotPresented) }

// presentedSDJWT is a document that its holder's key bound to one request.
type presentedSDJWT struct {
	sdjwtSubject
	want sdjwt.Binding
}

func (s *presentedSDJWT) scope() Scope { return ScopePresentation }

func (s *presentedSDJWT) holderBinding() finding {
	err := s.credential.VerifyHolder(s.want)
	if err == nil {
		return passed(map[string]string{"method": "key_binding"})
	}
	for _, known := range []struct {
		err    error
		reason Reason
	}{{sdjwt.ErrNonce, ReasonNonce}, {sdjwt.ErrAudience, ReasonAudience}, {sdjwt.ErrTime, ReasonPresentedThen}} {
		if errors.Is(err, known.err) {
			return failed(known.reason)
		}
	}
	return failed(ReasonHolderSignature) // there is none, or it is not the holder's, or of another presentation
}
