//go:build interop

// Package interop_test has wallets made of other people's libraries answer the verifier.
package interop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"justice-wallet/conformance/interop"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

const (
	account = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheInterop000000000000000"
	release = "uk.gov.justice.prisonrelease.1"
	licence = "uk.gov.justice.licence.1"
	person  = "A0001SY"
)

// stacks are the programs, one process each: the mdoc libraries disturb one another in one.
var stacks = []string{"owf", "auth0"}

var libraries = map[string]string{"owf": "@openid4vc/openid4vp and @owf/mdoc", "auth0": "@auth0/mdl and jose"}

// TestMain installs the libraries that package-lock.json names. A library that cannot be had fails the test.
func TestMain(m *testing.M) {
	if err := interop.Install("."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// task is what a wallet is told, and outcome what came of it.
type task struct {
	Link        string            `json:"link,omitempty"`
	DCRequest   map[string]string `json:"dcRequest,omitempty"`
	Origin      string            `json:"origin,omitempty"`
	Method      string            `json:"method,omitempty"`
	Enc         string            `json:"enc,omitempty"`
	Roots       []string          `json:"roots"`
	DeviceKey   map[string]string `json:"deviceKey"`
	Credentials []credential      `json:"credentials"`
}

type credential struct {
	Format       string `json:"format"`
	DocType      string `json:"docType,omitempty"`
	IssuerSigned string `json:"issuerSigned,omitempty"`
	JWT          string `json:"jwt,omitempty"`
}

type outcome struct {
	Error   string
	Status  int
	Body    string
	Data    map[string]any
	Version int // of OpenID4VP, as the protocol library makes it out: 100 is 1.0
}

// bench is a rig, and a wallet whose key and documents the others take over.
type bench struct {
	*rig.Rig
	t      *testing.T
	device map[string]string
	held   map[string]credential
}

func newBench(t *testing.T, prefix string) *bench {
	t.Helper()
	ctx := context.Background()
	r, err := rig.Start(ctx, rig.Options{ClientIDPrefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Rig: r, t: t, held: map[string]credential{}}
	if b.device, err = w.PrivateJWK(); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"mdoc", "jwt"} {
		link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: format, Record: person, WalletSubject: account})
		if err != nil {
			t.Fatal(err)
		}
		held, err := w.Collect(ctx, link)
		if err != nil {
			t.Fatal(err)
		}
		b.held[format] = taken(held)
	}
	link, err := r.Offer(ctx, rig.OfferRequest{DocumentType: licence, Format: "mdoc", Record: person, WalletSubject: account})
	if err != nil {
		t.Fatal(err)
	}
	held, err := w.Collect(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	b.held["licence"] = taken(held)
	return b
}

func taken(h *wallet.Held) credential {
	if h.Format == wallet.FormatMDoc {
		return credential{Format: h.Format, DocType: h.DocType, IssuerSigned: h.Raw}
	}
	return credential{Format: h.Format, JWT: h.Raw}
}

// run has a stack answer.
func (b *bench) run(stack, format string, in task) outcome {
	b.t.Helper()
	in.Roots = []string{string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.ReaderRoot.Raw}))}
	in.DeviceKey = b.device
	for _, name := range strings.Fields(format) {
		in.Credentials = append(in.Credentials, b.held[name])
	}
	input, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	var stderr bytes.Buffer
	command := exec.Command("node", stack+".mjs")
	command.Stdin, command.Stderr = bytes.NewReader(input), &stderr
	out, err := command.Output()
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", stack, err, &stderr)
	}
	var got outcome
	if err := json.Unmarshal(out, &got); err != nil {
		b.t.Fatalf("%s: %v\n%s", stack, err, out)
	}
	return got
}

func (b *bench) begin(flow, mode string) *rig.Presentation {
	b.t.Helper()
	p, err := b.Begin(context.Background(), "council", "council-housing", flow, mode)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// request is the data of a request over the Digital Credentials API, as the page gives it to the browser.
func request(p *rig.Presentation) map[string]string {
	return map[string]string{"request": p.DCRequest.Data.Request}
}

// wantValid wants the one document, with what was asked for and nothing else.
func (b *bench) wantValid(t *testing.T, p *rig.Presentation) {
	t.Helper()
	result, _, err := p.Result(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict != "valid" || len(result.Documents) != 1 {
		t.Fatalf("%s", result.Body)
	}
	asked := []string{"family_name", "given_name", "birth_date", "release_date", "released_within_56_days", "time_in_custody_band",
		"duty_to_refer_status", "duty_to_refer_reference"}
	var shown []string
	for _, e := range result.Documents[0].Elements {
		shown = append(shown, e.Name)
	}
	slices.Sort(asked)
	slices.Sort(shown)
	if !slices.Equal(shown, asked) {
		t.Errorf("shows %v, want %v", shown, asked)
	}
}

func TestCrossDevice(t *testing.T) {
	for _, prefix := range []string{"x509_hash:", "x509_san_dns:"} {
		b := newBench(t, prefix)
		for _, stack := range stacks {
			for _, format := range []string{"mdoc", "jwt"} {
				for _, c := range []struct{ mode, enc, method string }{
					{"direct_post", "", "post"}, {"direct_post", "", "get"}, {"direct_post.jwt", "A128GCM", "post"}, {"direct_post.jwt", "A128GCM", "get"},
					{"direct_post.jwt", "A256GCM", "post"}, {"direct_post.jwt", "A256GCM", "get"},
				} {
					t.Run(strings.Join([]string{prefix, stack, format, c.mode, c.enc, c.method}, " "), func(t *testing.T) {
						pair(t, theyShow, libraries[stack]+": "+format+", across devices, "+c.mode)
						p := b.begin("cross_device", c.mode)
						link := p.Link
						if c.method == "get" {
							link = strings.Replace(link, "&request_uri_method=post", "", 1)
						}
						got := b.run(stack, format, task{Link: link, Enc: c.enc, Method: c.method})
						if got.Error != "" || got.Status != 200 || stack == "owf" && got.Version != 100 {
							t.Errorf("%+v", got)
						}
						b.wantValid(t, p)
					})
				}
			}
		}
	}
}

// The council may ask for the licence summary beside the confirmation of release: both come, each judged and each with what its
// own query asked for. No purpose asks for a licence summary as a JWT.
func TestLicenceBesideTheRelease(t *testing.T) {
	b := newBench(t, "x509_hash:")
	for _, stack := range stacks {
		for _, mode := range []string{"direct_post.jwt", "dc_api.jwt"} {
			t.Run(stack+" "+mode, func(t *testing.T) {
				pair(t, theyShow, libraries[stack]+": two mdocs, "+mode)
				flow := "cross_device"
				if mode == "dc_api.jwt" {
					flow = "dc_api"
				}
				p := b.begin(flow, mode)
				in := task{Link: p.Link, Enc: "A256GCM", Method: "post"}
				if flow == "dc_api" {
					in = task{DCRequest: request(p), Origin: b.VerifierURL, Enc: "A256GCM"}
				}
				got := b.run(stack, "mdoc licence", in)
				if got.Error != "" {
					t.Fatalf("%+v", got)
				}
				if flow == "dc_api" {
					if status, err := p.RespondAPI(context.Background(), p.DCRequest.Protocol, got.Data); err != nil || status != 200 {
						t.Fatalf("%d, %v", status, err)
					}
				}
				wantBoth(t, p)
			})
		}
	}
}

func wantBoth(t *testing.T, p *rig.Presentation) {
	t.Helper()
	result, _, err := p.Result(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if result.Verdict != "valid" || len(result.Documents) != 2 {
		t.Fatalf("%s", result.Body)
	}
	shown := map[string][]string{}
	for _, d := range result.Documents {
		for _, e := range d.Elements {
			shown[d.DocumentType] = append(shown[d.DocumentType], e.Name)
		}
		slices.Sort(shown[d.DocumentType])
	}
	want := []string{"birth_date", "family_name", "given_name", "needs_address_approval", "supervising_region"}
	if !slices.Equal(shown[licence], want) || len(shown[release]) != 8 {
		t.Errorf("shows %v", shown)
	}
}

func TestDigitalCredentialsAPI(t *testing.T) {
	b := newBench(t, "x509_hash:")
	for _, stack := range stacks {
		for _, format := range []string{"mdoc", "jwt"} {
			for mode, enc := range map[string]string{"dc_api": "", "dc_api.jwt": "A256GCM"} {
				t.Run(strings.Join([]string{stack, format, mode}, " "), func(t *testing.T) {
					pair(t, theyShow, libraries[stack]+": "+format+", Digital Credentials API, "+mode)
					p := b.begin("dc_api", mode)
					got := b.run(stack, format, task{DCRequest: request(p), Origin: b.VerifierURL, Enc: enc})
					if got.Error != "" || got.Data == nil {
						t.Fatalf("%+v", got)
					}
					if status, err := p.RespondAPI(context.Background(), p.DCRequest.Protocol, got.Data); err != nil || status != 200 {
						t.Fatalf("%d, %v", status, err)
					}
					b.wantValid(t, p)
				})
			}
		}
	}
}

// A wallet of other people's refuses our request when it is not ours: what we sign is really checked.
func TestTheWalletsCheckTheRequest(t *testing.T) {
	b := newBench(t, "x509_hash:")
	other := newBench(t, "x509_hash:")
	for _, stack := range stacks {
		pair(t, theyLook, libraries[stack]+": another client, another root, another page")
		p := b.begin("cross_device", "")
		stolen := strings.Replace(p.Link, "client_id=x509_hash", "client_id=x509_san_dns", 1)
		if got := b.run(stack, "mdoc", task{Link: stolen, Enc: "A128GCM", Method: "post"}); got.Error == "" {
			t.Errorf("%s answers a request of another client: %+v", stack, got)
		}
		if got := other.run(stack, "mdoc", task{Link: p.Link, Enc: "A128GCM", Method: "post"}); got.Error == "" {
			t.Errorf("%s answers a verifier whose root it does not trust: %+v", stack, got)
		}
		if got := b.run(stack, "mdoc", task{DCRequest: request(b.begin("dc_api", "")), Origin: "https://other.example", Enc: "A128GCM"}); got.Error == "" {
			t.Errorf("%s answers a page of another origin: %+v", stack, got)
		}
	}
}
