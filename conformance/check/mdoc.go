package check

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"time"

	"justice-wallet/conformance/wallet"
)

// mdocCredential is one IssuerSigned, and what it is held against. Each part is read by itself, so that what is wrong
// with one says nothing of the others.
type mdocCredential struct {
	r   *IssuerRecord
	raw string
	err error // there is none
}

func (r *IssuerRecord) mdocCredential(step string) *mdocCredential {
	raw, err := r.credential(step)
	return &mdocCredential{r, raw, err}
}

// Labels of RFC 9052, RFC 9053 and RFC 9360.
const (
	coseX5Chain = int64(33)
	tagEncoded  = uint64(24) // RFC 8949 §3.4.5.1
	tagDateTime = uint64(0)  // RFC 8949 §3.4.1
)

func (c *mdocCredential) bytes() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	return wallet.DecodeBase64URL(c.raw)
}

// top is the outer map.
func (c *mdocCredential) top() (wallet.Map, error) {
	b, err := c.bytes()
	if err != nil {
		return nil, needs(err)
	}
	return decodeMap(b)
}

// item is one IssuerSignedItem.
type item struct {
	space, name string
	tagged      wallet.Tag // as received: what the digest is over
	digestID    int64
	random      []byte
	value       any
}

// items are all elements, in the order of the wire.
func (c *mdocCredential) items() ([]item, error) {
	top, err := c.top()
	if err != nil {
		return nil, needs(err)
	}
	v, _ := top.Get("nameSpaces") // an absent member is nil, which is no map
	spaces, ok := v.(wallet.Map)
	if !ok || len(spaces) == 0 {
		return nil, errors.New("nameSpaces is not a map with entries")
	}
	var out []item
	for _, e := range spaces {
		name, okName := e.Key.(string)
		list, okList := e.Value.([]any)
		if !okName || !okList || len(list) == 0 {
			return nil, errors.New("a namespace is not a name with a list of items")
		}
		for _, v := range list {
			i, err := readItem(name, v)
			if err != nil {
				return nil, err
			}
			out = append(out, i)
		}
	}
	return out, nil
}

func readItem(space string, v any) (item, error) {
	i := item{space: space}
	var ok bool
	if i.tagged, ok = v.(wallet.Tag); !ok {
		return i, errors.New("an item is not tagged")
	}
	m, err := unwrap(v)
	if err != nil {
		return i, err
	}
	if len(m) != 4 {
		return i, errors.New("an item does not have four members")
	}
	id, _ := m.Get("digestID")            // an absent member is nil, which is of no type we accept
	random, _ := m.Get("random")          // likewise
	name, _ := m.Get("elementIdentifier") // likewise
	var okID, okRandom, okName, okValue bool
	i.digestID, okID = id.(int64)
	i.random, okRandom = random.([]byte)
	i.name, okName = name.(string)
	i.value, okValue = m.Get("elementValue")
	if !okID || !okRandom || !okName || !okValue {
		return i, errors.New("a member of an item is missing, or of another type")
	}
	return i, nil
}

// unwrap reads #6.24(bstr .cbor map).
func unwrap(v any) (wallet.Map, error) {
	t, _ := v.(wallet.Tag)
	b, ok := t.Content.([]byte)
	if !ok || t.Number != tagEncoded {
		return nil, errors.New("not encoded CBOR in tag 24")
	}
	return decodeMap(b)
}

// sign1 is issuerAuth.
type sign1 struct {
	rawProtected, payload, signature []byte
	protected, unprotected           wallet.Map
}

func (c *mdocCredential) auth() (s sign1, err error) {
	top, err := c.top()
	if err != nil {
		return s, needs(err)
	}
	v, _ := top.Get("issuerAuth") // an absent member is nil, which is no array
	parts, ok := v.([]any)
	if !ok || len(parts) != 4 {
		return s, errors.New("it is not an array of four: GOV.UK takes no tag here")
	}
	var is [4]bool
	s.rawProtected, is[0] = parts[0].([]byte)
	s.unprotected, is[1] = parts[1].(wallet.Map)
	s.payload, is[2] = parts[2].([]byte)
	s.signature, is[3] = parts[3].([]byte)
	if is != [4]bool{true, true, true, true} {
		return s, errors.New("a member has another type")
	}
	s.protected, err = decodeMap(s.rawProtected)
	return s, err
}

// signer is the certificate in x5chain.
func (c *mdocCredential) signer() (*x509.Certificate, error) {
	s, err := c.auth()
	if err != nil {
		return nil, needs(err)
	}
	v, _ := s.unprotected.Get(coseX5Chain) // an absent label is nil, which is no bytes
	der, ok := v.([]byte)
	if !ok || len(s.unprotected) != 1 {
		return nil, errors.New("the unprotected header is not exactly one certificate")
	}
	return x509.ParseCertificate(der)
}

// verified says whether the issuer signed the credential: a certificate of an active authority, and its signature.
func (c *mdocCredential) verified() error {
	leaf, err := c.signer()
	if err != nil {
		return err
	}
	root := c.root(leaf)
	if root == nil {
		return errors.New("no authority of the issuer vouches for the signer")
	}
	if err := root.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		return err
	}
	return c.signedBy(leaf)
}

func (c *mdocCredential) signedBy(leaf *x509.Certificate) error {
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return errors.New("the signer's key is not ECDSA")
	}
	s, err := c.auth()
	if err != nil {
		return err
	}
	message, err := wallet.EncodeCBOR([]any{"Signature1", s.rawProtected, []byte{}, s.payload})
	if err != nil {
		return err
	}
	return wallet.VerifyES256(key, message, s.signature)
}

// root is the active authority with the name of the signer's issuer, byte for byte.
func (c *mdocCredential) root(leaf *x509.Certificate) *x509.Certificate {
	for _, root := range c.r.roots() {
		if string(root.RawSubject) == string(leaf.RawIssuer) {
			return root
		}
	}
	return nil
}

// mso is the MobileSecurityObject.
func (c *mdocCredential) mso() (wallet.Map, error) {
	s, err := c.auth()
	if err != nil {
		return nil, needs(err)
	}
	v, err := wallet.DecodeCBOR(s.payload)
	if err != nil {
		return nil, err
	}
	return unwrap(v)
}

// member is a map inside the MobileSecurityObject.
func (c *mdocCredential) member(name string) (wallet.Map, error) {
	mso, err := c.mso()
	if err != nil {
		return nil, needs(err)
	}
	return mapIn(mso, name)
}

func mapIn(m wallet.Map, name string) (wallet.Map, error) {
	v, _ := m.Get(name) // an absent member is nil, which is no map
	inner, ok := v.(wallet.Map)
	return inner, want(ok, "%s is missing, or no map", name)
}

// moment is one of validityInfo's times: tag 0, UTC, whole seconds (ISO 18013-5 §9.1.2.4).
func (c *mdocCredential) moment(name string) (time.Time, error) {
	info, err := c.member("validityInfo")
	if err != nil {
		return time.Time{}, needs(err)
	}
	v, ok := info.Get(name)
	if !ok {
		return time.Time{}, want(false, "%s is missing", name)
	}
	t, _ := v.(wallet.Tag) // what has no tag is no time
	s, _ := t.Content.(string)
	at, err := wholeSecond(s)
	return at, want(t.Number == tagDateTime && err == nil, "%s is not YYYY-MM-DDTHH:MM:SSZ in tag 0", name)
}

const secondLayout = "2006-01-02T15:04:05Z"

// wholeSecond reads YYYY-MM-DDTHH:MM:SSZ and nothing else.
func wholeSecond(s string) (time.Time, error) {
	at, err := time.Parse(secondLayout, s)
	if err != nil || len(s) != len(secondLayout) {
		return time.Time{}, errors.New("it is not YYYY-MM-DDTHH:MM:SSZ")
	}
	return at, nil
}

// times reads several times at once.
func (c *mdocCredential) times(names ...string) ([]time.Time, error) {
	out := make([]time.Time, len(names))
	for i, name := range names {
		at, err := c.moment(name)
		if err != nil {
			return nil, needs(err)
		}
		out[i] = at
	}
	return out, nil
}

// status is the entry that the document names.
func (c *mdocCredential) status() (uri string, idx int64, err error) {
	status, err := c.member("status")
	if err != nil {
		return "", 0, err
	}
	list, err := mapIn(status, "status_list")
	if err != nil {
		return "", 0, err
	}
	i, _ := list.Get("idx") // an absent member is nil, which is of no type we accept
	u, _ := list.Get("uri") // likewise
	idx, okIdx := i.(int64)
	uri, okURI := u.(string)
	if !okIdx || !okURI || idx < 0 || notURL(uri) || len(status) != 1 || len(list) != 2 {
		return "", 0, errors.New("status is not exactly one index of one list")
	}
	return uri, idx, nil
}
