package vcjwt

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/did"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/jose"
)

// Credential is an opened credential. Its members agree with each other; nothing it says may be believed before Verify,
// with a key that the caller knows to be Issuer's. It prints as [redacted].
type Credential struct {
	Issuer   string   // URL
	KeyID    string   // DID URL of the key that is said to have signed it
	Types    []string // VerifiableCredential, and the document's type
	Holder   *ecdsa.PublicKey
	Validity credential.Validity
	Status   *credential.StatusRef // nil when it has none

	// Elements are what it states, by name, in the JSON types: string, bool, int64, []any and map[string]any. Namespaces
	// are empty. Statement gives the types of a document.
	Elements []credential.Element

	token *jose.Token
}

// Open reads a credential of up to 2 MiB and checks all of it but the signature, trust and the present time.
func Open(compact string) (*Credential, error) {
	t, err := jose.Parse(compact, jose.Expect{
		Type: headerType, ContentType: headerContentType, Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxCredentialBytes,
	})
	if err != nil {
		return nil, fmt.Errorf("open JWT credential: %w", err)
	}
	claims, err := t.UnverifiedClaims()
	if err != nil {
		return nil, fmt.Errorf("open JWT credential: %w", err)
	}
	c, err := read(claims)
	if err != nil {
		return nil, fmt.Errorf("open JWT credential: %w", err)
	}
	c.KeyID, c.token = t.Header().KeyID, t
	if !validKeyID(c.KeyID) {
		return nil, errors.New("open JWT credential: kid is not a key of a did:web")
	}
	return c, nil
}

// Verify checks that pub signed the bytes that were received. The error is a *jose.Error.
func (c *Credential) Verify(pub *ecdsa.PublicKey) error {
	_, err := c.token.Verify(pub)
	return err
}

// Statement returns what c says in the types of d. A member that d does not list is returned with an empty namespace
// and its JSON type, for the caller to refuse.
func (c *Credential) Statement(d *document.Document) (credential.Statement, error) {
	if d.JWT == nil || c.Types[1] != d.JWT.Type {
		return credential.Statement{}, errors.New("read JWT credential: it is of another document")
	}
	s := credential.Statement{DocumentType: d.Type, Validity: c.Validity, Holder: c.Holder}
	if c.Status != nil {
		s.Status = *c.Status
	}
	for _, e := range c.Elements {
		if i := slices.IndexFunc(d.Elements, func(known document.Element) bool { return known.Name == e.Name }); i >= 0 {
			value, err := typed(d.Elements[i].Shape, e.Value)
			if err != nil {
				return credential.Statement{}, fmt.Errorf("read JWT credential: %s: %w", d.Elements[i].Name, err)
			}
			e.Namespace, e.Value = d.Elements[i].Namespace, value
		}
		s.Elements = append(s.Elements, e)
	}
	return s, nil
}

// read checks every rule that binds one member to another.
func read(claims jose.Claims) (*Credential, error) {
	p, err := readPayload(claims)
	if err != nil {
		return nil, err
	}
	if err := p.checkModel(); err != nil {
		return nil, err
	}
	c := &Credential{Issuer: p.Issuer, Types: p.Type}
	if c.Holder, err = did.ParseKey(p.Sub); err != nil {
		return nil, fmt.Errorf("sub: %w", err)
	}
	if c.Validity, err = p.validity(); err != nil {
		return nil, err
	}
	if c.Status, err = p.status(); err != nil {
		return nil, err
	}
	if c.Elements, err = readSubject(claims, p.Sub); err != nil {
		return nil, err
	}
	return c, nil
}

func (p payload) checkModel() error {
	// GOV.UK: @context, first item fixed. Others may follow (VCDM 2.0 §4.3).
	if len(p.Context) == 0 || p.Context[0] != credentialsContext {
		return errors.New("@context does not begin with the credentials context")
	}
	if len(p.Type) != 2 || p.Type[0] != baseType || p.Type[1] == "" || p.Type[1] == baseType {
		return errors.New("type is not VerifiableCredential and one other")
	}
	if p.Issuer == "" || p.Iss != p.Issuer {
		return errors.New("iss and issuer differ")
	}
	if p.Name == "" || p.Description == "" {
		return errors.New("name or description is empty")
	}
	return nil
}

func (p payload) validity() (credential.Validity, error) {
	from, errFrom := parseInstant(p.ValidFrom)
	until, errUntil := parseInstant(p.ValidUntil)
	v := credential.Validity{Signed: time.Unix(p.IssuedAt, 0).UTC(), From: from, Until: until}
	if err := errors.Join(errFrom, errUntil); err != nil {
		return v, err
	}
	if p.NotBefore != from.Unix() || p.Expires != until.Unix() {
		return v, errors.New("nbf and validFrom, or exp and validUntil, differ")
	}
	if p.IssuedAt < 0 || v.Signed.After(until) || !from.Before(until) {
		return v, errors.New("its validity ends before it begins, or before it was issued")
	}
	if p.ExpectedUpdate == "" {
		return v, nil
	}
	var err error
	if v.ExpectedUpdate, err = parseInstant(p.ExpectedUpdate); err != nil {
		return v, err
	}
	if v.ExpectedUpdate.After(until) {
		return v, errors.New("expectedUpdate is after validUntil")
	}
	return v, nil
}

// status reads both forms of the reference, which must name one index.
func (p payload) status() (*credential.StatusRef, error) {
	if p.Status == nil {
		if p.CredentialStatus != nil {
			return nil, errors.New("credentialStatus without status")
		}
		return nil, nil
	}
	entry := p.Status.StatusList
	if entry.URI == "" || entry.Index < 0 {
		return nil, errors.New("status has no URI, or an index below zero")
	}
	ref := &credential.StatusRef{URI: entry.URI, Index: entry.Index}
	if b := p.CredentialStatus; b != nil {
		want := newBitstringEntry(credential.StatusRef{Index: entry.Index, Bitstring: b.Credential})
		if !reflect.DeepEqual(b, want) || b.Credential == "" {
			return nil, errors.New("credentialStatus and status differ")
		}
		ref.Bitstring = b.Credential
	}
	return ref, nil
}

func readSubject(claims jose.Claims, holder string) ([]credential.Element, error) {
	subject, err := claims.Object(subjectMember)
	if err != nil {
		return nil, err
	}
	if id, err := subject.String("id"); err != nil || id != holder {
		return nil, errors.New("sub and credentialSubject.id differ")
	}
	names := subject.Names()
	slices.Sort(names)
	elements := make([]credential.Element, 0, len(names))
	for _, name := range names {
		if name == "id" {
			continue
		}
		v, _ := subject.Value(name)
		value, err := plain(v)
		if err != nil {
			return nil, err
		}
		elements = append(elements, credential.Element{Name: name, Value: value})
	}
	return elements, nil
}

// validKeyID says whether kid is a DID URL that GOV.UK Wallet takes: ^did:web:[a-z0-9.#\-_:]+$.
func validKeyID(kid string) bool {
	base, fragment, _ := strings.Cut(kid, "#")
	return did.ValidWeb(base) && fragment != "" && !strings.ContainsFunc(fragment, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_:", r)
	})
}

const redacted = "[redacted]"

func (Credential) String() string       { return redacted }
func (Credential) GoString() string     { return redacted }
func (Credential) LogValue() slog.Value { return slog.StringValue(redacted) }
