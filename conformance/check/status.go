package check

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// Media types of status lists.
const (
	typeListJWT   = "application/statuslist+jwt"
	typeListCWT   = "application/statuslist+cwt"
	typeBitstring = "application/vc+jwt"
)

// StatusOptions say which list is judged.
type StatusOptions struct {
	HTTP   *http.Client
	Limits Limits
	Now    time.Time
	URI    string // of a token status list or of a bitstring status list credential
	Keys   string // the issuer's JWKS or DID document; where GOV.UK has it when empty
	Index  int    // of a document known to be valid; -1 when there is none
}

// StatusRecord is everything that was asked about one list.
type StatusRecord struct {
	*Record
	URI   string
	Index int
}

// Steps of a status list.
const (
	stepList        = "the list"
	stepListDefault = "the list, of whoever does not say"
	stepListCWT     = "the list as CWT"
	stepListAgain   = "the list again"
	stepListQuery   = "the list with a query"
	stepListUnknown = "a list that is not"
	stepListKeys    = "the list's keys"
)

// Status judges a list.
func Status(ctx context.Context, o StatusOptions) Report { return GatherStatus(ctx, o).Judge() }

// GatherStatus asks all that is to be asked about a list.
func GatherStatus(ctx context.Context, o StatusOptions) *StatusRecord {
	v := newVisitor(o.HTTP, o.Limits, o.Now)
	gatherStatus(ctx, v, o.URI, o.Keys)
	return &StatusRecord{v.record, o.URI, o.Index}
}

func gatherStatus(ctx context.Context, v *visitor, uri, keys string) {
	get := func(step, sent, at string, header map[string]string) Answer {
		return v.ask(ctx, question{step: step, sent: sent, url: at, header: header})
	}
	jwt := map[string]string{"Accept": typeListJWT + ", " + typeBitstring}
	first := get(stepList, "a list as JWT is asked for", uri, jwt)
	get(stepListDefault, "nothing is said about the form", uri, map[string]string{"Accept": "*/*"})
	if !first.isType(typeBitstring) {
		get(stepListCWT, "a list as CWT is asked for", uri, map[string]string{"Accept": typeListCWT})
	}
	if tag := first.Header.Get("ETag"); tag != "" {
		get(stepListAgain, "If-None-Match with the tag of the first answer", uri, map[string]string{"Accept": jwt["Accept"], "If-None-Match": tag})
	}
	get(stepListQuery, "a query that names an entry", uri+"?idx=7", jwt)
	get(stepListUnknown, "the URI with one more letter", uri+"x", jwt)
	if keys == "" {
		keys = origin(uri) + "/.well-known/jwks.json"
		if first.isType(typeBitstring) {
			keys = origin(uri) + "/.well-known/did.json"
		}
	}
	get(stepListKeys, "the keys of the list's host, or those that were named", keys, map[string]string{"Accept": "application/json"})
}

// origin is the scheme and host of an address: the list's issuer must live where the list lives, for nothing else
// vouches for it. Empty when the address cannot be read.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Judge holds the record against the rules of its kind of list.
func (r *StatusRecord) Judge() Report {
	return Report{Subject: bare(r.URI), Began: r.Began, Findings: judge(r.rules(), "", r, r.exchanges)}
}

func (r *StatusRecord) rules() []rule[*StatusRecord] {
	if a, err := r.step(stepList); err == nil && a.isType(typeBitstring) {
		return append(append([]rule[*StatusRecord]{}, bitstringRules...), servingRules...)
	}
	return append(append(append([]rule[*StatusRecord]{}, tokenListRules...), cwtRules...), servingRules...)
}

// jws is the list, taken apart.
func (r *StatusRecord) jws() (*wallet.JWS, error) {
	a, err := r.step(stepList)
	if err != nil {
		return nil, needs(err)
	}
	if a.Status != http.StatusOK {
		return nil, unknown("there is no list")
	}
	t, err := wallet.ParseJWS(string(a.Body))
	if err != nil {
		return nil, unknown("the list cannot be read")
	}
	return t, nil
}

// key finds the key that kid names in the JWKS or the DID document.
func (r *StatusRecord) key(kid string) (*ecdsa.PublicKey, error) {
	a, err := r.step(stepListKeys)
	if err != nil {
		return nil, needs(err)
	}
	o, err := a.json(http.StatusOK)
	if err != nil {
		return nil, unknown("the keys cannot be read: " + err.Error())
	}
	for _, jwk := range publicKeys(o) {
		if jwk["kid"] == kid {
			return wallet.JWKKey(jwk)
		}
	}
	return nil, errors.New("no published key has its kid")
}

// publicKeys lists the keys of a JWKS, or those of a DID document by the id of their verification method.
func publicKeys(o map[string]any) []map[string]any {
	var out []map[string]any
	for _, jwk := range objects(o["keys"]) {
		out = append(out, jwk)
	}
	for _, method := range objects(o["verificationMethod"]) {
		if jwk, ok := method["publicKeyJwk"].(map[string]any); ok {
			named := map[string]any{}
			for name, v := range jwk {
				named[name] = v
			}
			named["kid"] = method["id"]
			out = append(out, named)
		}
	}
	return out
}

// objects returns the objects of an array, nil when v is none.
func objects(v any) []map[string]any {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	var out []map[string]any
	for _, item := range list {
		if o, ok := item.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}

// entries is an unpacked list.
type entries struct {
	bits     int
	packed   []byte
	lowFirst bool // the first entry is in the least significant bits
}

func (e entries) len() int { return len(e.packed) * 8 / e.bits }

func (e entries) at(i int) int {
	perByte := 8 / e.bits
	place := i % perByte
	if !e.lowFirst {
		place = perByte - 1 - place
	}
	return int(e.packed[i/perByte]>>(place*e.bits)) & (1<<e.bits - 1)
}

const maxListBytes = 4 << 20

// inflateZlib reads one zlib stream (RFC 1950) and nothing after it.
func inflateZlib(b []byte) ([]byte, error) {
	src := bytes.NewReader(b)
	z, err := zlib.NewReader(src)
	if err != nil {
		return nil, errors.New("not a zlib stream")
	}
	return inflate(z, src)
}

// inflateGZIP reads one GZIP member (RFC 1952) and nothing after it.
func inflateGZIP(b []byte) ([]byte, error) {
	src := bytes.NewReader(b)
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, errors.New("not a GZIP stream")
	}
	z.Multistream(false)
	return inflate(z, src)
}

func inflate(z io.Reader, src *bytes.Reader) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(z, maxListBytes+1))
	switch {
	case err != nil:
		return nil, errors.New("the stream is broken")
	case len(out) > maxListBytes:
		return nil, errors.New("the list is larger than 4 MiB")
	case src.Len() != 0:
		return nil, errors.New("something follows the stream")
	}
	return out, nil
}

// seconds reads a member that must be a whole number.
func seconds(o map[string]any, name string) (int64, error) {
	n, ok := o[name].(interface{ Int64() (int64, error) })
	if !ok {
		return 0, fmt.Errorf("%s is missing, or no number", name)
	}
	v, err := n.Int64()
	if err != nil {
		return 0, fmt.Errorf("%s is no whole number", name)
	}
	return v, nil
}

// object is a member that ought to be an object. What is none has no members, and breaks the rules that want them.
func object(o map[string]any, name string) map[string]any {
	inner, _ := o[name].(map[string]any)
	return inner
}

func text(o map[string]any, name string) string {
	s, _ := o[name].(string) // what is no string is no value we accept
	return s
}

func hasType(o map[string]any, want string) bool {
	list, _ := o["type"].([]any) // likewise
	for _, v := range list {
		if v == want {
			return true
		}
	}
	return false
}

// onlyMembers names a member of o that is not among names.
func onlyMembers(o map[string]any, names string) error {
	for name := range o {
		if !strings.Contains(" "+names+" ", " "+name+" ") {
			return fmt.Errorf("it has a member %q", printable(name, 40))
		}
	}
	return nil
}
