package verifier

import (
	"context"
	"encoding/base64"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/verification"
)

// verifyRequest is the body of POST /verify: exactly one of the five kinds of document, with what belongs to it.
type verifyRequest struct {
	IssuerSigned      string    `json:"issuerSigned"`      // unpadded base64url of CBOR
	DeviceResponse    string    `json:"deviceResponse"`    // unpadded base64url of CBOR
	SessionTranscript string    `json:"sessionTranscript"` // unpadded base64url of CBOR; with deviceResponse
	VCJWT             string    `json:"vcJwt"`
	VPJWT             string    `json:"vpJwt"`
	SDJWT             string    `json:"sdJwt"`
	Nonce             string    `json:"nonce"`    // with vpJwt, and with an sdJwt that its holder presents
	Audience          string    `json:"audience"` // with nonce
	Asked             askedJSON `json:"asked"`
}

type askedJSON struct {
	DocumentType string     `json:"documentType"`
	Elements     [][]string `json:"elements"` // pairs of namespace and name
}

const maxAskedElements = 256

func (r verifyRequest) check() error {
	kinds := 0
	for _, kind := range []string{r.IssuerSigned, r.DeviceResponse, r.VCJWT, r.VPJWT, r.SDJWT} {
		if kind != "" {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return invalid("want exactly one of issuerSigned, deviceResponse, vcJwt, vpJwt and sdJwt")
	case (r.DeviceResponse != "") != (r.SessionTranscript != ""):
		return invalid("deviceResponse and sessionTranscript belong together")
	case (r.Nonce != "") != (r.Audience != ""), r.VPJWT != "" && r.Nonce == "", r.Nonce != "" && r.VPJWT == "" && r.SDJWT == "":
		return invalid("vpJwt, nonce and audience belong together, and so do the latter two with sdJwt")
	}
	return nil
}

// run reads what is encoded, and has the document checked.
func (r verifyRequest) run(ctx context.Context, v *verification.Verifier) (verification.Result, error) {
	if err := r.check(); err != nil {
		return verification.Result{}, err
	}
	asked, err := r.Asked.read()
	if err != nil {
		return verification.Result{}, err
	}
	switch {
	case r.VCJWT != "":
		return v.VerifyJWT(ctx, r.VCJWT, asked), nil
	case r.VPJWT != "":
		return v.VerifyPresentation(ctx, r.VPJWT, r.Nonce, r.Audience, asked), nil
	case r.SDJWT != "" && r.Nonce != "":
		return v.VerifyPresentedSDJWT(ctx, r.SDJWT, r.Nonce, r.Audience, asked), nil
	case r.SDJWT != "":
		return v.VerifySDJWT(ctx, r.SDJWT, asked), nil
	case r.DeviceResponse != "":
		response, err := decode("deviceResponse", r.DeviceResponse)
		if err != nil {
			return verification.Result{}, err
		}
		transcript, err := decode("sessionTranscript", r.SessionTranscript)
		if err != nil {
			return verification.Result{}, err
		}
		return v.VerifyDeviceResponse(ctx, response, verification.Session{Transcript: transcript}, asked), nil
	}
	document, err := decode("issuerSigned", r.IssuerSigned)
	if err != nil {
		return verification.Result{}, err
	}
	return v.VerifyMDoc(ctx, document, asked), nil
}

func (a askedJSON) read() (verification.Asked, error) {
	asked := verification.Asked{DocumentType: a.DocumentType}
	if len(a.Elements) > maxAskedElements {
		return asked, invalid("too many elements are asked for")
	}
	for _, pair := range a.Elements {
		if len(pair) != 2 || pair[1] == "" {
			return asked, invalid("an element is not a pair of namespace and name")
		}
		asked.Elements = append(asked.Elements, verification.ElementName{Namespace: pair[0], Name: pair[1]})
	}
	return asked, nil
}

// decode takes base64url in one spelling: without padding, line breaks or spare bits.
func decode(member, text string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodedLen(len(raw)) != len(text) {
		return nil, invalid(member + " is not unpadded base64url")
	}
	return raw, nil
}

func invalid(message string) error {
	return fault.New(fault.Invalid, httpserver.CodeInvalidRequest, message)
}
