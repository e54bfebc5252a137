package verification

import (
	"context"
	"errors"
	"time"

	"justice-wallet/pkg/format/mdoc"
)

// VerifyMDoc checks a bare IssuerSigned (ISO 18013-5 §8.3.2.1.2.2), in CBOR.
func (v *Verifier) VerifyMDoc(ctx context.Context, issuerSigned []byte, asked Asked) Result {
	return v.examine(ctx, &mdocSubject{raw: issuerSigned}, asked)
}

// VerifyDeviceResponse checks a DeviceResponse of one document, in CBOR, presented in the session whose encoded
// SessionTranscript (ISO 18013-5 §9.1.5.1) is transcript.
func (v *Verifier) VerifyDeviceResponse(ctx context.Context, response, transcript []byte, asked Asked) Result {
	return v.examine(ctx, &presentedMDoc{raw: response, transcript: transcript}, asked)
}

type mdocSubject struct {
	raw      []byte
	document *mdoc.IssuerSigned
}

func (s *mdocSubject) scope() Scope    { return ScopeDocument }
func (s *mdocSubject) selective() bool { return false }

func (s *mdocSubject) format() finding {
	var err error
	if s.document, err = mdoc.Open(s.raw); err != nil {
		return failed(ReasonMalformed)
	}
	return passed(map[string]string{"format": "mso_mdoc"})
}

func (s *mdocSubject) claims() claims {
	mso := s.document.MSO
	return claims{documentType: mso.DocType, validity: mso.Validity, status: mso.Status, elements: s.document.Elements()}
}

func (s *mdocSubject) issuerSignature(context.Context, TrustStore) finding {
	if err := s.document.VerifySignature(); err != nil {
		return failed(ReasonSignature)
	}
	if err := s.document.VerifyDigests(); err != nil {
		return failed(ReasonDigest)
	}
	return passed(nil)
}

func (s *mdocSubject) trust(store TrustStore, now time.Time) finding {
	return checkSigner(s.document.Chain, store.Roots(s.document.MSO.DocType), s.document.MSO.Validity.Signed, now)
}

func (s *mdocSubject) holderBinding() finding { return notAsked(ReasonNotPresented) }

// presentedMDoc is a document with the device's signature over the session.
type presentedMDoc struct {
	mdocSubject
	raw, transcript []byte
	presented       *mdoc.Presented
}

func (s *presentedMDoc) scope() Scope    { return ScopePresentation }
func (s *presentedMDoc) selective() bool { return true }

func (s *presentedMDoc) format() finding {
	documents, err := mdoc.OpenDeviceResponse(s.raw)
	if err != nil {
		return failed(ReasonMalformed)
	}
	if len(documents) != 1 {
		return failed(ReasonDocumentCount)
	}
	s.presented, s.document = documents[0], documents[0].IssuerSigned
	return passed(map[string]string{"format": "mso_mdoc"})
}

func (s *presentedMDoc) issuerSignature(ctx context.Context, store TrustStore) finding {
	f := s.mdocSubject.issuerSignature(ctx, store)
	// ISO 18013-5 §9.3.1: the docType of the document is the one in the MSO.
	if f.outcome == Passed && s.presented.DocType != s.document.MSO.DocType {
		return failed(ReasonDocTypeMismatch)
	}
	return f
}

func (s *presentedMDoc) holderBinding() finding {
	err := s.presented.VerifyDevice(s.transcript)
	switch {
	case err == nil:
		return passed(map[string]string{"method": "device_signature"})
	case errors.Is(err, mdoc.ErrDeviceMAC):
		return unknown(ReasonDeviceMAC)
	case errors.Is(err, mdoc.ErrSignature):
		return failed(ReasonDeviceSignature)
	}
	return unknown(ReasonTranscript)
}
