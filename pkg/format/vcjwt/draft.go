package vcjwt

import (
	"errors"
	"fmt"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
)

const (
	headerType        = "vc+jwt" // VC-JOSE-COSE §3.1.1
	headerContentType = "vc"
)

// draft is a credential that lacks only its signature.
type draft struct {
	doc   *document.Document
	key   keys.Key
	input []byte // header and payload, as they are signed
}

// Draft writes s in full, all but the signature, for key to sign.
func (f *Format) Draft(d *document.Document, s credential.Statement, key keys.Key) (issuance.Draft, error) {
	if d.JWT == nil || s.DocumentType != d.Type {
		return nil, errors.New("write JWT credential: the document has no JWT form, or the statement is of another")
	}
	if key.Purpose != keys.PurposeCredential || key.ID == "" {
		return nil, errors.New("write JWT credential: the key is not for JWT credentials")
	}
	body, err := f.payload(d, s)
	if err != nil {
		return nil, fmt.Errorf("write JWT credential: %w", err)
	}
	h := jose.Header{Algorithm: jose.ES256, Type: headerType, ContentType: headerContentType, KeyID: f.options.DID + "#" + key.ID}
	input, err := jose.SigningInput(h, body)
	if err != nil {
		return nil, fmt.Errorf("write JWT credential: %w", err)
	}
	return &draft{doc: d, key: key, input: input}, nil
}

func (f *Format) payload(d *document.Document, s credential.Statement) (payload, error) {
	if s.Status.URI == "" {
		return payload{}, errors.New("no status: it could never be revoked")
	}
	holder, err := did.FormatKey(s.Holder)
	if err != nil {
		return payload{}, err
	}
	subject, err := encodeSubject(holder, s.Elements)
	if err != nil {
		return payload{}, err
	}
	p := payload{
		Iss:               f.options.Issuer,
		Sub:               holder,
		NotBefore:         s.Validity.From.Unix(),
		IssuedAt:          s.Validity.Signed.Unix(),
		Expires:           s.Validity.Until.Unix(),
		Context:           []string{credentialsContext},
		Type:              []string{baseType, d.JWT.Type},
		Issuer:            f.options.Issuer,
		Name:              d.Card.Name.EN,
		Description:       d.Card.Description.EN,
		ValidFrom:         formatInstant(s.Validity.From),
		ValidUntil:        formatInstant(s.Validity.Until),
		CredentialSubject: subject,
	}
	if !s.Validity.ExpectedUpdate.IsZero() {
		p.ExpectedUpdate = formatInstant(s.Validity.ExpectedUpdate)
	}
	p.Status, p.CredentialStatus = statusMembers(s.Status)
	return p, nil
}

// Reopen decodes the very bytes that are to be signed.
func (d *draft) Reopen() (credential.Statement, error) {
	var unsigned [64]byte
	compact, err := jose.Assemble(d.input, unsigned[:])
	if err != nil {
		return credential.Statement{}, err
	}
	c, err := Open(compact)
	if err != nil {
		return credential.Statement{}, err
	}
	return c.Statement(d.doc)
}

// ToBeSigned is the header and the payload in base64url (RFC 7515 §5.1).
func (d *draft) ToBeSigned() ([]byte, error) { return d.input, nil }

// Seal adds the signature, r||s, and returns the compact serialisation. It refuses a signature that does not verify.
func (d *draft) Seal(signature []byte) (string, error) {
	compact, err := jose.Assemble(d.input, signature)
	if err != nil {
		return "", fmt.Errorf("seal JWT credential: %w", err)
	}
	c, err := Open(compact)
	if err != nil {
		return "", fmt.Errorf("seal JWT credential: %w", err)
	}
	if err := c.Verify(d.key.Public()); err != nil {
		return "", fmt.Errorf("seal JWT credential: %w", err)
	}
	return compact, nil
}
