package openid4vp_test

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/proximity"
	"justice-wallet/pkg/purpose"
	"justice-wallet/pkg/verification"
	"justice-wallet/verifier/internal/openid4vp"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

const origin = "https://verifier.example"

// nobody trusts nobody: what is asked is the question here, not what is answered.
type nobody struct{}

func (nobody) Roots(string) ([]verification.Root, error) { return nil, nil }
func (nobody) Revoked(*x509.Certificate) bool            { return false }
func (nobody) IssuerKey(context.Context, string, string) (*ecdsa.PublicKey, error) {
	return nil, verification.ErrIssuerUntrusted
}
func (nobody) Status(context.Context, credential.StatusRef) (verification.StatusReading, error) {
	return verification.StatusReading{}, errors.New("there are no lists")
}

type desk struct {
	*openid4vp.Service
	t        testing.TB
	register *purpose.Register
	receipts []string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	catalogue, err := document.Shipped()
	must(t, err)
	d := &desk{t: t}
	d.register, err = purpose.Shipped(catalogue)
	must(t, err)
	key, leaf := reader(t)
	d.Service, err = openid4vp.New(openid4vp.Options{
		URL: origin, Return: "/presentations/", Scheme: "openid4vp://authorize", Prefix: oid4vp.PrefixX509SANDNS, Chain: []*x509.Certificate{leaf},
		Sign:     es256.Signer(key),
		Register: d.register, Verifier: &verification.Verifier{Trust: nobody{}, Status: nobody{}, Now: clock}, Now: clock, Rand: rand.Reader,
		Receipt: func(_ context.Context, purpose string, outcome verification.Verdict) string {
			d.receipts = append(d.receipts, purpose+" "+string(outcome))
			return "receipt"
		},
	})
	must(t, err)
	return d
}

func clock() time.Time { return now }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func reader(t testing.TB) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Synthetic root"}}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Synthetic reader"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"verifier.example"},
	}, authority, &key.PublicKey, root)
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return key, leaf
}

// engagement is the QR code of some device.
func engagement(t testing.TB) string {
	t.Helper()
	device, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), device.PublicKey().Bytes())
	must(t, err)
	key, err := cose.EncodeKey(public)
	must(t, err)
	raw, err := cbor.Encode(map[int]any{0: "1.0", 1: []any{1, cbor.Embedded(key)}})
	must(t, err)
	return "mdoc:" + base64.RawURLEncoding.EncodeToString(raw)
}

// claims reads a request object, whoever signed it.
func claims(t testing.TB, object string) oid4vp.Request {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(object, ".")[1])
	must(t, err)
	var r oid4vp.Request
	must(t, json.Unmarshal(payload, &r))
	return r
}

// Every organisation with every purpose, in every flow: what goes over the wire is inside the row of the register, and
// where the register has no row nothing goes.
func TestNoRequestLeavesItsRow(t *testing.T) {
	d := newDesk(t)
	var purposes []string
	for _, o := range d.register.Organisations() {
		for _, row := range d.register.Of(o.Type) {
			purposes = append(purposes, row.ID)
		}
	}
	asked := 0
	for _, o := range d.register.Organisations() {
		for _, id := range append(purposes, "", "holder", "anything") {
			row, allowed := d.register.Query(o.Type, id)
			for _, flow := range []openid4vp.Flow{openid4vp.CrossDevice, openid4vp.SameDevice, openid4vp.API, openid4vp.MDocAPI, openid4vp.InPerson} {
				started, err := d.Start(openid4vp.Start{Organisation: o.Type, Purpose: id, Flow: flow, Engagement: engagementOf(t, flow)})
				if !allowed {
					if fault.CodeOf(err) != openid4vp.CodePurpose {
						t.Errorf("%s, %s by %s: %v", o.Type, id, flow, err)
					}
					continue
				}
				must(t, err)
				asked++
				for _, path := range d.wire(started, flow) {
					if !inRow(row, path) {
						t.Errorf("%s, %s by %s asks for %v", o.Type, id, flow, path)
					}
				}
			}
		}
	}
	if asked != 25 {
		t.Errorf("%d requests were looked at, want 5 purposes in 5 flows", asked)
	}
}

func engagementOf(t testing.TB, flow openid4vp.Flow) string {
	if flow == openid4vp.InPerson {
		return engagement(t)
	}
	return ""
}

// path is one element as a request names it: format, type, namespace and name.
type path [4]string

// wire reads what a request asks for out of the bytes that the wallet gets.
func (d *desk) wire(s openid4vp.Started, flow openid4vp.Flow) []path {
	d.t.Helper()
	switch flow {
	case openid4vp.MDocAPI:
		raw, err := base64.RawURLEncoding.DecodeString(s.Request.Data.DeviceRequest)
		must(d.t, err)
		return deviceRequest(d.t, raw)
	case openid4vp.InPerson:
		return nil // encrypted to the device: conformance/suite reads it
	case openid4vp.API:
		return query(claims(d.t, s.Request.Data.Request).Query)
	}
	link, err := url.Parse(s.Link)
	must(d.t, err)
	object, err := d.RequestObject(strings.TrimPrefix(link.Query().Get("request_uri"), origin+openid4vp.RequestPath), "")
	must(d.t, err)
	return query(claims(d.t, object).Query)
}

func query(q oid4vp.Query) []path {
	var out []path
	for _, c := range q.Credentials {
		for _, claim := range c.Claims {
			if c.Format == oid4vp.FormatMDoc {
				out = append(out, path{c.Format, c.Meta.DocType, claim.Path[0], claim.Path[1]})
			} else {
				out = append(out, path{c.Format, c.Meta.Types[0][1], "", claim.Path[1]})
			}
		}
	}
	return out
}

func deviceRequest(t testing.TB, raw []byte) []path {
	t.Helper()
	requests, err := proximity.ParseDeviceRequest(raw)
	must(t, err)
	var out []path
	for _, r := range requests {
		for namespace, elements := range r.Items.Namespaces {
			for name, retain := range elements {
				if retain {
					t.Errorf("intends to retain %s", name)
				}
				out = append(out, path{oid4vp.FormatMDoc, r.Items.DocType, namespace, name})
			}
		}
	}
	return out
}

func inRow(row purpose.Query, p path) bool {
	return slices.ContainsFunc(row.Asks(), func(a purpose.Ask) bool {
		return string(a.Format) == p[0] && a.Type == p[1] && slices.ContainsFunc(a.Elements, func(e purpose.Element) bool {
			return e.Namespace == p[2] && e.Name == p[3]
		})
	})
}

func TestARequestHasWhatTheSpecificationWants(t *testing.T) {
	d := newDesk(t)
	started, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.API})
	must(t, err)
	r := claims(t, started.Request.Data.Request)
	if r.ClientID != "x509_san_dns:verifier.example" || r.ResponseMode != "dc_api.jwt" || r.ResponseURI != "" || r.State != "" ||
		!slices.Equal(r.ExpectedOrigins, []string{origin}) || r.Audience != oid4vp.AudienceWallet || r.Expires-r.IssuedAt != 300 {
		t.Errorf("%+v", r)
	}
	keys := r.Metadata.Keys.Keys
	if len(keys) != 1 || keys[0].Use != "enc" || keys[0].Algorithm != "ECDH-ES" || keys[0].KeyID == "" || len(r.Metadata.Encryption) != 2 {
		t.Errorf("%+v", r.Metadata)
	}
	plain, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.API, Plain: true})
	must(t, err)
	if r := claims(t, plain.Request.Data.Request); r.ResponseMode != "dc_api" || r.Metadata.Keys != nil {
		t.Errorf("%+v", r)
	}
	again, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.API})
	must(t, err)
	if other := claims(t, again.Request.Data.Request); other.Nonce == r.Nonce || other.Metadata.Keys.Keys[0].KeyID == keys[0].KeyID {
		t.Error("two checks share a nonce or a key")
	}
}

func TestFlowsThatAreNot(t *testing.T) {
	d := newDesk(t)
	for name, in := range map[string]openid4vp.Start{
		"no flow":              {Organisation: "bank", Purpose: "bank"},
		"an unknown one":       {Organisation: "bank", Purpose: "bank", Flow: "by_post"},
		"plain in person":      {Organisation: "bank", Purpose: "bank", Flow: openid4vp.InPerson, Plain: true, Engagement: engagement(t)},
		"plain in Annex C":     {Organisation: "bank", Purpose: "bank", Flow: openid4vp.MDocAPI, Plain: true},
		"a device by redirect": {Organisation: "bank", Purpose: "bank", Flow: openid4vp.CrossDevice, Engagement: engagement(t)},
	} {
		if _, err := d.Start(in); fault.CodeOf(err) != openid4vp.CodeFlow {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.InPerson}); fault.CodeOf(err) != openid4vp.CodeEngagement {
		t.Errorf("in person with nobody: %v", err)
	}
}

// There is room for so many checks and no more: a stranger can fill it, and cannot push another's out.
func TestTooManyChecks(t *testing.T) {
	d := newDesk(t)
	first, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.CrossDevice, Plain: true})
	must(t, err)
	for range 9_999 {
		_, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.CrossDevice, Plain: true})
		must(t, err)
	}
	if _, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.CrossDevice, Plain: true}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	if _, err := d.Result(first.ID, first.Secret, ""); err != nil {
		t.Errorf("the first was pushed out: %v", err)
	}
}

func TestEveryEndHasAReceipt(t *testing.T) {
	d := newDesk(t)
	started, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.API, Plain: true})
	must(t, err)
	err = d.RespondAPI(context.Background(), started.ID, started.Secret, oid4vp.ProtocolSigned, []byte(`{"error":"access_denied"}`))
	must(t, err)
	state, err := d.Result(started.ID, started.Secret, "")
	must(t, err)
	if state.Answer.Receipt != "receipt" || !slices.Equal(d.receipts, []string{"bank could_not_check"}) {
		t.Errorf("%v, %+v", d.receipts, state.Answer)
	}
}

// FuzzRespond: no bytes of a stranger end in anything but a refusal, and none crash.
func FuzzRespond(f *testing.F) {
	d := newDesk(f)
	f.Add("vp_token=%7B%22prisonrelease-mdoc%22%3A%5B%22AA%22%5D%7D&state=x")
	f.Add("response=a.b.c.d.e")
	f.Add("error=access_denied")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		started, err := d.Start(openid4vp.Start{Organisation: "bank", Purpose: "bank", Flow: openid4vp.API, Plain: true})
		if err != nil {
			return // there are enough already
		}
		if _, err := d.Respond(context.Background(), started.ID, form); err == nil {
			t.Error("a stranger's answer is accepted")
		}
		data, err := json.Marshal(form)
		must(t, err)
		_ = d.RespondAPI(context.Background(), started.ID, started.Secret, oid4vp.ProtocolSigned, data) // refused or an error of the wallet's
		if state, err := d.Result(started.ID, started.Secret, ""); err == nil && state.Answer != nil && state.Answer.Verdict == verification.Valid {
			t.Error("a stranger's answer is valid")
		}
	})
}

// later runs the rest of a test at a later time.
func later(t *testing.T, d time.Duration) {
	t.Helper()
	before := now
	now = now.Add(d)
	t.Cleanup(func() { now = before })
}

// answers returns what answers a check by redirect with a form, whenever it is called, and where the wallet sends the browser.
func (d *desk) answers(s openid4vp.Started, name, value string) func() (string, error) {
	link, err := url.Parse(s.Link)
	must(d.t, err)
	object, err := d.RequestObject(strings.TrimPrefix(link.Query().Get("request_uri"), origin+openid4vp.RequestPath), "")
	must(d.t, err)
	r := claims(d.t, object)
	return func() (string, error) {
		return d.Respond(context.Background(), strings.TrimPrefix(r.ResponseURI, origin+openid4vp.ResponsePath), url.Values{name: {value}, "state": {r.State}})
	}
}

func TestAnAnswerIsKeptForAPageAlone(t *testing.T) {
	d := newDesk(t)
	var all []openid4vp.Started
	for _, keep := range []bool{true, false, true} {
		s, err := d.Start(openid4vp.Start{Organisation: "council", Purpose: "council-housing", Flow: openid4vp.CrossDevice, Keep: keep})
		must(t, err)
		all = append(all, s)
	}
	for _, s := range all[:2] {
		_, err := d.answers(s, "error", "access_denied")()
		must(t, err)
	}
	late := d.answers(all[2], "error", "access_denied")
	finds := func(want ...bool) {
		t.Helper()
		for i, s := range all {
			if _, err := d.Result(s.ID, s.Secret, ""); (err == nil) != want[i] {
				t.Errorf("check %d after %v: %v", i, now, err)
			}
		}
	}
	finds(true, true, true)
	later(t, 5*time.Minute)
	finds(true, false, false) // the third was not answered
	if _, err := late(); err == nil {
		t.Error("an answer is taken when the time is over")
	}
	later(t, openid4vp.Kept-5*time.Minute)
	finds(false, false, false)
}

// A page tells every verdict, and so the browser comes back to it with every verdict.
func TestWhereTheBrowserComesBackTo(t *testing.T) {
	d := newDesk(t)
	for back, want := range map[string]string{"": "/presentations/", "/checks/": "/checks/"} {
		for refused, form := range map[bool][2]string{false: {"error", "access_denied"}, true: {"vp_token", `{"prisonrelease-mdoc":["AA"]}`}} {
			s, err := d.Start(openid4vp.Start{Organisation: "council", Purpose: "council-housing", Flow: openid4vp.SameDevice, Plain: true, Return: back})
			must(t, err)
			to, err := d.answers(s, form[0], form[1])()
			if refused && back == "" {
				if err == nil || to != "" {
					t.Errorf("a document that is not accepted leads to %q, %v", to, err)
				}
				continue
			}
			if err != nil || !strings.HasPrefix(to, origin+want+s.ID+"?response_code=") {
				t.Errorf("%q, refused %t: %q, %v", back, refused, to, err)
			}
		}
	}
}
