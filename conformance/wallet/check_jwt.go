package wallet

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"
)

const (
	credentialsContext = "https://www.w3.org/ns/credentials/v2"
	didContext         = "https://www.w3.org/ns/did/v1"
	jwsContext         = "https://w3id.org/security/suites/jws-2020/v1"
)

// credentialKeyID is the kid GOV.UK's test harness accepts: lower case, no percent sign.
var credentialKeyID = regexp.MustCompile(`^did:web:[a-z0-9.#\-_:]+$`)

// assertionKeys fetches the issuer's did:web document and returns its keys by verification method id.
func (w *Wallet) assertionKeys(ctx context.Context, issuer string) (map[string]*ecdsa.PublicKey, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, fmt.Errorf("read issuer URL: %w", err)
	}
	o, err := w.getObject(ctx, issuer+"/.well-known/did.json")
	if err != nil {
		return nil, err
	}
	return readDIDDocument(o, "did:web:"+u.Hostname()) // GOV.UK: the host without its port
}

func readDIDDocument(o object, did string) (map[string]*ecdsa.PublicKey, error) {
	if err := o.only([]string{"@context", "id", "verificationMethod", "assertionMethod"}); err != nil {
		return nil, err
	}
	contexts, err := o.texts("@context")
	if err != nil || !sameSet(contexts, []string{didContext, jwsContext}) {
		return nil, errors.New("@context is not the two expected")
	}
	if o["id"] != did {
		return nil, errors.New("id is not did:web of the issuer's host")
	}
	assertion, err := o.texts("assertionMethod")
	if err != nil {
		return nil, err
	}
	methods, err := o.objects("verificationMethod")
	if err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, method := range methods {
		id, key, err := readMethod(method, did)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(assertion, id) || keys[id] != nil {
			return nil, errors.New("a verification method is not in assertionMethod, or comes twice")
		}
		keys[id] = key
	}
	return keys, nil
}

func readMethod(o object, did string) (string, *ecdsa.PublicKey, error) {
	if err := o.only([]string{"id", "type", "controller", "publicKeyJwk"}); err != nil {
		return "", nil, err
	}
	jwk, err := o.child("publicKeyJwk")
	if err != nil {
		return "", nil, err
	}
	if err := jwk.only([]string{"kty", "kid", "crv", "x", "y", "alg"}); err != nil {
		return "", nil, err
	}
	kid, err := jwk.text("kid")
	if err != nil {
		return "", nil, err
	}
	id := did + "#" + kid
	if o["id"] != id || o["controller"] != did || o["type"] != "JsonWebKey2020" || jwk["alg"] != es256 {
		return "", nil, errors.New("verification method does not belong to the document")
	}
	key, err := jwkKey(jwk)
	return id, key, err
}

// openJWT judges a JWT credential as a careful wallet would and returns what it says. keys are the issuer's.
func (w *Wallet) openJWT(raw, issuer string, c configuration, keys map[string]*ecdsa.PublicKey) (*Held, error) {
	t, err := parseToken(raw)
	if err != nil {
		return nil, err
	}
	if err := verifyCredentialToken(t, keys); err != nil {
		return nil, err
	}
	p := t.claims
	if p["iss"] != issuer || p["issuer"] != issuer {
		return nil, errors.New("iss and issuer are not both the issuer")
	}
	if p["sub"] != w.did {
		return nil, errors.New("sub is not this wallet's key")
	}
	if err := checkCredentialTypes(p, c); err != nil {
		return nil, err
	}
	h := &Held{Raw: raw, Types: c.types}
	if h.ValidUntil, h.ExpectedUpdate, err = checkCredentialTimes(p, w.now()); err != nil {
		return nil, err
	}
	if h.Status, err = readJWTStatus(p); err != nil {
		return nil, err
	}
	if h.Elements, err = subjectElements(p, w.did); err != nil {
		return nil, err
	}
	if err := c.checkElements(h.Elements); err != nil {
		return nil, err
	}
	return h, nil
}

func verifyCredentialToken(t *token, keys map[string]*ecdsa.PublicKey) error {
	if err := t.header.only([]string{"alg", "typ", "cty", "kid"}); err != nil {
		return fmt.Errorf("credential header: %w", err)
	}
	kid, err := t.header.text("kid")
	if err != nil || !credentialKeyID.MatchString(kid) || t.header["typ"] != "vc+jwt" || t.header["cty"] != "vc" {
		return errors.New("credential header has a wrong typ, cty or kid")
	}
	key, ok := keys[kid]
	if !ok {
		return errors.New("kid is not in the DID document")
	}
	return t.verify(key)
}

func checkCredentialTypes(p object, c configuration) error {
	contexts, err := p.texts("@context")
	if err != nil || contexts[0] != credentialsContext {
		return errors.New("@context does not begin with credentials v2")
	}
	types, err := p.texts("type")
	if err != nil || types[0] != "VerifiableCredential" || !sameSet(types, c.types) {
		return errors.New("type is not the metadata's")
	}
	return nil
}

// checkCredentialTimes checks the W3C times and, where given, the JWT times beside them.
func checkCredentialTimes(p object, now time.Time) (until, update time.Time, err error) {
	var from time.Time
	for name, at := range map[string]*time.Time{"validUntil": &until, "validFrom": &from, "expectedUpdate": &update} {
		s, ok := p[name].(string)
		if _, stated := p[name]; !stated && name != "validUntil" {
			continue
		}
		if *at, err = parseInstant(s); err != nil || !ok {
			return until, update, fmt.Errorf("%s is not a time", name)
		}
	}
	switch {
	case !until.After(now):
		err = errors.New("validUntil has passed")
	case from.After(now):
		err = errors.New("validFrom is in the future")
	case update.After(until):
		err = errors.New("expectedUpdate is after validUntil")
	default:
		err = checkTokenTimes(p, until, now)
	}
	return until, update, err
}

// checkTokenTimes: exp beside validUntil must be the same moment, or two readers would disagree.
func checkTokenTimes(p object, until, now time.Time) error {
	for _, name := range []string{"iat", "nbf", "exp"} {
		if _, stated := p[name]; !stated {
			continue
		}
		n, err := p.number(name)
		if err != nil {
			return err
		}
		if name == "exp" && n != until.Unix() || name != "exp" && n > now.Unix() {
			return fmt.Errorf("%s does not fit the validity", name)
		}
	}
	return nil
}

// readJWTStatus reads the token status list entry a credential may name.
func readJWTStatus(p object) (StatusRef, error) {
	if _, ok := p["status"]; !ok {
		return StatusRef{}, nil
	}
	status, err := p.child("status")
	if err != nil {
		return StatusRef{}, err
	}
	list, err := status.child("status_list")
	if err != nil {
		return StatusRef{}, err
	}
	idx, err := list.number("idx")
	if err != nil {
		return StatusRef{}, err
	}
	uri, err := list.text("uri")
	if err != nil {
		return StatusRef{}, err
	}
	return newStatusRef(uri, idx)
}

// subjectElements lists what credentialSubject states, by name.
func subjectElements(p object, did string) ([]Element, error) {
	subject, err := p.child(subjectPath)
	if err != nil {
		return nil, err
	}
	if subject["id"] != did {
		return nil, errors.New("credentialSubject.id is not this wallet's key")
	}
	var names []string
	for name := range subject {
		if name != "id" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []Element
	for _, name := range names {
		out = append(out, Element{Name: name, Value: plain(subject[name])})
	}
	return out, nil
}
