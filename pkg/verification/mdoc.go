package verification

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"justice-wallet/pkg/format/mdoc"
)

// VerifyMDoc checks a bare IssuerSigned (ISO 18013-5 §8.3.2.1.2.2), in CBOR.
func (v *Verifier) VerifyMDoc(ctx context.Context, issuerSigned []byte, asked Asked) Result {
	return v.examine(ctx, &mdocSubject{raw: issuerSigned}, asked)
}

// Session is what binds a DeviceResponse to one request.
type Session struct {
	// Transcript is the encoded SessionTranscript (ISO 18013-5 §9.1.5.1).
	Transcript []byte

	// MACKey derives EMacKey from the device's key (§9.1.3.5). Nil where there is no reader key: a MAC cannot be checked.
	MACKey func(device crypto.PublicKey) ([]byte, error)

	// Mistakes are transcripts that a wallet is known to take for Transcript. A response made for one of them is refused
	// as any other is; the mistake is named in the evidence, for whoever mends the wallet.
	Mistakes []Mistake
}

// Mistake is a transcript that would be wrong. Name is lower case with underscores, "thumbprint_missing".
type Mistake struct {
	Name       string
	Transcript []byte
}

// VerifyDeviceResponse checks a DeviceResponse of one document, in CBOR, presented in session.
func (v *Verifier) VerifyDeviceResponse(ctx context.Context, response []byte, session Session, asked Asked) Result {
	return v.examine(ctx, &presentedMDoc{raw: response, session: session}, asked)
}

// VerifyDocument checks the one document of asked.DocumentType in a DeviceResponse that may hold others.
func (v *Verifier) VerifyDocument(ctx context.Context, response []byte, session Session, asked Asked) Result {
	return v.examine(ctx, &presentedMDoc{raw: response, session: session, among: asked.DocumentType}, asked)
}

// PresentedTypes returns the docType of every document of a DeviceResponse, in its order. Nothing is verified: it says
// which documents there are to verify.
func PresentedTypes(response []byte) ([]string, error) {
	documents, err := mdoc.OpenDeviceResponse(response)
	if err != nil {
		return nil, err
	}
	types := make([]string, len(documents))
	for i, d := range documents {
		types[i] = d.DocType
	}
	return types, nil
}

type mdocSubject struct {
	raw      []byte
	document *mdoc.IssuerSigned
}

func (s *mdocSubject) scope() Scope { return ScopeDocument }

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
	roots, err := store.Roots(s.document.MSO.DocType)
	if err != nil {
		return unknown(ReasonTrustStale)
	}
	return checkSigner(s.document.Chain, roots, store.Revoked, s.document.MSO.Validity.Signed, now)
}

func (s *mdocSubject) holderBinding() finding { return notAsked(ReasonNotPresented) }

// presentedMDoc is a document that the device authenticated for a session.
type presentedMDoc struct {
	mdocSubject
	raw       []byte
	session   Session
	among     string // docType of the one document to look at; empty: there is only one
	presented *mdoc.Presented
}

func (s *presentedMDoc) scope() Scope { return ScopePresentation }

func (s *presentedMDoc) format() finding {
	documents, err := mdoc.OpenDeviceResponse(s.raw)
	if err != nil {
		return failed(ReasonMalformed)
	}
	if s.among != "" {
		documents = slices.DeleteFunc(documents, func(d *mdoc.Presented) bool { return d.DocType != s.among })
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
	method := s.presented.Method()
	err := s.presented.VerifyDevice(s.session.Transcript, s.session.MACKey)
	switch {
	case err == nil:
		return passed(nil).with("method", method)
	case errors.Is(err, mdoc.ErrDeviceMAC):
		return unknown(ReasonDeviceMACKey)
	case errors.Is(err, mdoc.ErrSignature):
		return s.explain(failed(ReasonDeviceSignature))
	case errors.Is(err, mdoc.ErrMAC):
		return s.explain(failed(ReasonDeviceMAC))
	case errors.Is(err, mdoc.ErrDeviceElements):
		return failed(ReasonDeviceElements)
	}
	return unknown(ReasonTranscript)
}

// explain adds what a wallet's engineer needs: the transcript that was expected, its digest, and the mistake that would
// explain the response. A transcript holds no personal data.
func (s *presentedMDoc) explain(f finding) finding {
	digest := sha256.Sum256(s.session.Transcript)
	f = f.with("transcript", hex.EncodeToString(s.session.Transcript)).with("transcriptSha256", hex.EncodeToString(digest[:]))
	for _, mistake := range s.session.Mistakes {
		if s.presented.VerifyDevice(mistake.Transcript, s.session.MACKey) == nil {
			return f.with("mistake", mistake.Name)
		}
	}
	return f
}
