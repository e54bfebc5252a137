package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
)

func started(t *testing.T, o rig.Options) *rig.Rig {
	t.Helper()
	r, err := rig.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func checked(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"certificate"}, {"certificate", "/not/there"}, {"certificate", "-profile", "x", "f"}, {"status"}, {"status", "-format"}, {"status", "-uri", "ftp://x"}, {"issuer", "-url", "http://x/"}, {"issuer", "-url", "http://x", "-offer", "x", "-subject", "x", "-listen", "nowhere"}, {"verifier", "-url", "http://x"}, {"verifier", "-url", "http://x", "-authority", "/dev/null"}, {"verifier", "-begin-header", "x"}} {
		if code, out, errs := checked(t, args...); code != exitUsage || out != "" || errs == "" {
			t.Errorf("%v: %d %q %q", args, code, out, errs)
		}
	}
}

func TestCertificateFiles(t *testing.T) {
	r := started(t, rig.Options{})
	dir := t.TempDir()
	var paths []string
	for _, purpose := range []keys.Purpose{keys.PurposeIACA, keys.PurposeDocument} {
		key, err := r.Ring.Active(purpose)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, string(purpose)+".der")
		if err := os.WriteFile(path, key.Chain[0].Raw, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if code, out, _ := checked(t, "certificate", paths[0], paths[1]); code != exitHeld || !strings.Contains(out, "0 broken, 0 could not") {
		t.Errorf("%d %s", code, out)
	}
	if code, _, _ := checked(t, "certificate", paths[1]); code != exitUnknown {
		t.Errorf("without its root: %d", code)
	}
	if code, out, _ := checked(t, "certificate", "-profile", "reader", paths[0], paths[1]); code != exitBroken || !strings.Contains(out, "cert.reader.usage") {
		t.Errorf("as another kind: %d %s", code, out)
	}
}

const subject = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheCheck00000000000000000"

// free is an address at which a command can listen.
func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // the command listens there
	return ln.Addr().String()
}

// A verifier is told to trust the authority and the lists of check; then all rules hold, and without that none of the
// good presentation's.
func TestAVerifier(t *testing.T) {
	dir, address := t.TempDir(), free(t)
	authority, err := openAuthority(filepath.Join(dir, "authority"))
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := authority.PEM()
	if err != nil {
		t.Fatal(err)
	}
	r := started(t, rig.Options{Trust: func(file map[string][]any) {
		file["iacas"] = append(file["iacas"], map[string]any{"pem": string(root), "documents": []string{"uk.gov.justice.prisonrelease.1"}})
		file["statusLists"] = append(file["statusLists"], map[string]any{"prefix": "http://" + address + "/t/", "jwks": "http://" + address + "/.well-known/jwks.json"})
	}})
	w, err := r.NewWallet(context.Background(), subject)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := r.Offer(context.Background(), rig.OfferRequest{DocumentType: "uk.gov.justice.prisonrelease.1", Format: "mdoc", Record: "A0001SY", WalletSubject: subject})
	if err != nil {
		t.Fatal(err)
	}
	held, err := w.Collect(context.Background(), offer)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"document": held.Raw, "bearer": rig.OrganisationKey("council") + "\n",
		"roots": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.ReaderRoot.Raw})),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"verifier", "-url", r.VerifierURL, "-begin-body", `{"purpose":"council-housing","flow":"cross_device"}`, "-bearer-file", filepath.Join(dir, "bearer"),
		"-result", r.VerifierURL + "/presentations/{id}", "-reader-roots", filepath.Join(dir, "roots"), "-document", filepath.Join(dir, "document"),
		"-listen", address, "-lists-url", "http://" + address, "-authority"}
	if code, out, errs := checked(t, append(args, filepath.Join(dir, "authority"))...); code != exitHeld || errs != "" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	code, out, _ := checked(t, append(args, filepath.Join(dir, "another"))...)
	if code != exitBroken || !strings.Contains(out, "present.good") || strings.Contains(out, rig.OrganisationKey("council")) {
		t.Errorf("by an authority that nobody trusts: %d %s", code, out)
	}
}

func TestAnIssuer(t *testing.T) {
	address := free(t)
	r := started(t, rig.Options{ExternalServer: "http://" + address})
	offer, err := r.Offer(context.Background(), rig.OfferRequest{DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver", WalletSubject: subject})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"issuer", "-url", r.IssuerURL, "-offer", offer, "-subject", subject, "-listen", address, "-auth-server", "http://" + address}
	if code, out, errs := checked(t, args...); code != exitHeld || errs != "" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if code, out, _ := checked(t, args...); code != exitBroken || !strings.Contains(out, "issue.answer") {
		t.Errorf("the offer once more: %d %s", code, out)
	}
}

// One report in each format: each can be read by what reads that format, and says the same.
func TestFormats(t *testing.T) {
	r := started(t, rig.Options{})
	uri := r.IssuerURL + "/not-a-list"
	code, out, _ := checked(t, "status", "-uri", uri, "-format", "json")
	var report struct {
		Verdict  string
		Findings []struct{ ID, Title, Source, Verdict, Detail string }
		Counts   map[string]int
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitBroken || report.Verdict != "broken" || report.Counts["broken"] == 0 {
		t.Fatalf("%d %v %s", code, err, out)
	}
	_, junit, _ := checked(t, "status", "-uri", uri, "-format", "junit")
	var suite struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Failure *struct{} `xml:"failure"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal([]byte(junit), &suite); err != nil || suite.Tests != len(report.Findings) || len(suite.Cases) != suite.Tests || suite.Failures != report.Counts["broken"] {
		t.Errorf("%v %+v", err, suite)
	}
	_, page, _ := checked(t, "status", "-uri", uri, "-format", "html")
	if _, err := html.Parse(strings.NewReader(page)); err != nil || strings.Count(page, "<tr>") != len(report.Findings)+1 || strings.Contains(page, "<script") {
		t.Errorf("%v %s", err, page)
	}
	_, text, _ := checked(t, "status", "-uri", uri)
	for _, f := range report.Findings {
		if f.ID == "" || f.Title == "" || f.Source == "" || !strings.Contains(text, f.ID) || !strings.Contains(page, f.ID) {
			t.Errorf("%+v is not in every format", f)
		}
	}
	if code, _, errs := checked(t, "status", "-uri", uri, "-format", "pdf"); code != exitUsage || !strings.Contains(errs, "pdf") {
		t.Errorf("%d %s", code, errs)
	}
}
