// Package vcjwt writes and opens W3C verifiable credentials (VCDM 2.0) secured as JWTs (VC-JOSE-COSE), in the one form
// GOV.UK Wallet takes.
//
// Whatever a credential says twice (as a registered claim and as a member of the data model) it says alike, or it is
// refused. A credential is opened from the bytes that were or will be signed, never from what they were made of.
package vcjwt

import (
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
)

// FormatName is the format's name in OID4VCI.
const FormatName = "jwt_vc_json"

const (
	credentialsContext = "https://www.w3.org/ns/credentials/v2"
	baseType           = "VerifiableCredential"
	subjectMember      = "credentialSubject"
)

// maxCredentialBytes leaves room for a photo of 1 MiB, which base64 is applied to twice.
const maxCredentialBytes = 2 << 20

// Options says in whose name credentials are written. Both are required.
type Options struct {
	Issuer string // the issuer's URL, without a trailing slash: iss and issuer
	DID    string // did:web of the issuer's host: the first part of kid
}

// Format is an issuance.Format.
type Format struct{ options Options }

// New returns the format for one issuer. A DID in a form the wallet refuses is found when a draft is re-opened: nothing is
// signed under it.
func New(o Options) *Format { return &Format{o} }

// Name returns "jwt_vc_json".
func (*Format) Name() string { return FormatName }

// Purpose returns keys.PurposeCredential.
func (*Format) Purpose() keys.Purpose { return keys.PurposeCredential }

// Describe says how d looks as a JWT; ok is false when it has no such form.
func (*Format) Describe(d *document.Document) (desc credential.Description, ok bool) {
	if d.JWT == nil {
		return credential.Description{}, false
	}
	desc = credential.Description{
		Configuration:  d.JWT.Configuration,
		Format:         FormatName,
		Types:          []string{baseType, d.JWT.Type},
		BindingMethods: []string{"did:key"},
	}
	for _, e := range d.Elements {
		desc.Claims = append(desc.Claims, credential.Claim{
			Path:      []string{subjectMember, e.Name},
			Mandatory: !e.Optional,
			ValueType: valueType(e.Shape.Kind),
			NameEN:    e.Display.EN,
			NameCY:    e.Display.CY,
		})
	}
	return desc, true
}

// valueType is GOV.UK's word for a kind: ours, but for text.
func valueType(k document.Kind) string {
	if k == document.KindText {
		return "string"
	}
	return string(k)
}
