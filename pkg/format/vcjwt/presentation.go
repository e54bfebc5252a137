package vcjwt

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"justice-wallet/pkg/did"
	"justice-wallet/pkg/jose"
)

const (
	presentationType       = "VerifiablePresentation"
	envelopedType          = "EnvelopedVerifiableCredential"
	envelopePrefix         = "data:application/vc+jwt,"
	maxPresentationBytes   = 3 << 20 // base64 is applied to the credentials once more
	maxPresented           = 8
	maxPresentationBinding = 512 // characters of nonce and aud
)

// Presentation is an opened verifiable presentation. Nothing it says may be believed before Verify; the caller compares
// Nonce and Audience with its request, and verifies each of Credentials. It prints as [redacted].
type Presentation struct {
	Credentials []*Credential // 1 to 8
	Holder      *ecdsa.PublicKey
	Nonce       string
	Audience    string

	token *jose.Token
}

// OpenPresentation reads a presentation of up to 3 MiB (VC-JOSE-COSE §3.1.2) that its holder's did:key is said to have
// signed. Members that it does not know are ignored, as wallets differ.
func OpenPresentation(compact string) (*Presentation, error) {
	t, err := parsePresentation(compact)
	if err != nil {
		return nil, fmt.Errorf("open presentation: %w", err)
	}
	claims, err := t.UnverifiedClaims()
	if err != nil {
		return nil, fmt.Errorf("open presentation: %w", err)
	}
	p := &Presentation{token: t}
	if err := p.read(claims, t.Header().KeyID); err != nil {
		return nil, fmt.Errorf("open presentation: %w", err)
	}
	return p, nil
}

// parsePresentation takes cty vp, and its absence: VC-JOSE-COSE §3.1.2 says SHOULD.
func parsePresentation(compact string) (*jose.Token, error) {
	e := jose.Expect{Type: "vp+jwt", ContentType: "vp", Algorithms: []jose.Algorithm{jose.ES256}, MaxBytes: maxPresentationBytes}
	t, err := jose.Parse(compact, e)
	var refusal *jose.Error
	if errors.As(err, &refusal) && refusal.Reason == jose.ReasonType {
		e.ContentType = ""
		return jose.Parse(compact, e)
	}
	return t, err
}

// Verify checks that the holder signed the bytes that were received, and that each credential was issued to that holder.
// It says nothing of who issued the credentials.
func (p *Presentation) Verify() error {
	if _, err := p.token.Verify(p.Holder); err != nil {
		return err
	}
	for _, c := range p.Credentials {
		if !p.Holder.Equal(c.Holder) {
			return errors.New("verify presentation: a credential was issued to another holder")
		}
	}
	return nil
}

func (p *Presentation) read(claims jose.Claims, kid string) error {
	if v, _ := claims.Value("@context"); first(v) != credentialsContext {
		return errors.New("@context does not begin with the credentials context")
	}
	if v, _ := claims.Value("type"); first(v) != presentationType {
		return errors.New("type does not begin with VerifiablePresentation")
	}
	var err error
	if p.Holder, err = readHolder(claims, kid); err != nil {
		return err
	}
	if p.Nonce, err = claims.String("nonce"); err != nil {
		return err
	}
	if p.Audience, err = oneAudience(claims); err != nil {
		return err
	}
	if len(p.Nonce) > maxPresentationBinding || len(p.Audience) > maxPresentationBinding || p.Nonce == "" || p.Audience == "" {
		return errors.New("nonce or aud is empty or too long")
	}
	p.Credentials, err = readEnvelopes(claims)
	return err
}

// readHolder takes the key from kid, and refuses another DID in iss or holder. One of them must say who presents.
func readHolder(claims jose.Claims, kid string) (*ecdsa.PublicKey, error) {
	parse := did.ParseKey
	if strings.Contains(kid, "#") {
		parse = did.ParseKeyURL
	}
	holder, err := parse(kid)
	if err != nil {
		return nil, fmt.Errorf("kid: %w", err)
	}
	base, _, _ := strings.Cut(kid, "#")
	if !claims.Has("iss") && !claims.Has("holder") {
		return nil, errors.New("neither iss nor holder")
	}
	for _, name := range []string{"iss", "holder"} {
		if v, found := claims.Value(name); found && v != base {
			return nil, errors.New("kid, iss and holder are not one DID")
		}
	}
	return holder, nil
}

func oneAudience(claims jose.Claims) (string, error) {
	audience, err := claims.Audience()
	if err != nil {
		return "", err
	}
	if len(audience) != 1 {
		return "", errors.New("aud is not one audience")
	}
	return audience[0], nil
}

func readEnvelopes(claims jose.Claims) ([]*Credential, error) {
	v, _ := claims.Value("verifiableCredential")
	items, ok := v.([]any)
	if !ok || len(items) == 0 || len(items) > maxPresented {
		return nil, errors.New("verifiableCredential is not an array of 1 to 8")
	}
	credentials := make([]*Credential, len(items))
	for i, item := range items {
		c, err := openEnvelope(item)
		if err != nil {
			return nil, err
		}
		credentials[i] = c
	}
	return credentials, nil
}

// openEnvelope reads an EnvelopedVerifiableCredential (VCDM 2.0 §4.13).
func openEnvelope(item any) (*Credential, error) {
	envelope, _ := item.(map[string]any)
	id, _ := envelope["id"].(string)
	compact, isData := strings.CutPrefix(id, envelopePrefix)
	if len(envelope) != 3 || first(envelope["@context"]) != credentialsContext || first(envelope["type"]) != envelopedType || !isData {
		return nil, errors.New("a credential is not an EnvelopedVerifiableCredential of a JWT")
	}
	return Open(compact)
}

// first returns v, or the first text of an array of texts: JSON-LD writes one value either way.
func first(v any) string {
	if items, ok := v.([]any); ok && len(items) > 0 && !slices.ContainsFunc(items, notText) {
		v = items[0]
	}
	text, _ := v.(string)
	return text
}

func notText(v any) bool {
	_, ok := v.(string)
	return !ok
}

func (Presentation) String() string       { return redacted }
func (Presentation) GoString() string     { return redacted }
func (Presentation) LogValue() slog.Value { return slog.StringValue(redacted) }
