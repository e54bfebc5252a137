//go:build tools

package keys_test

import (
	"testing"

	zx509 "github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

// overHTTPS wants lists over http (RFC 5280 §4.2.1.13 says should). Ours are where the issuer is, and it has no plain port.
const overHTTPS = "w_distribution_point_missing_ldap_or_uri"

// zlint knows RFC 5280 (and the rules of the web's authorities, which are not for us): it has nothing to say of ours.
func TestZlintFindsNothing(t *testing.T) {
	rules, err := lint.GlobalRegistry().Filter(lint.FilterOptions{IncludeSources: lint.SourceList{lint.RFC3279, lint.RFC5280, lint.RFC5480, lint.RFC5891, lint.RFC6962, lint.RFC8813}})
	if err != nil {
		t.Fatal(err)
	}
	for profile, i := range oneOfEach(t) {
		cert, err := zx509.ParseCertificate(i.cert.Raw)
		if err != nil {
			t.Fatal(err)
		}
		passed := 0
		for name, r := range zlint.LintCertificateEx(cert, rules).Results {
			switch r.Status {
			case lint.Pass:
				passed++
			case lint.Warn:
				if name != overHTTPS {
					t.Errorf("%s: %s: %v %s", profile, name, r.Status, r.Details)
				}
			case lint.Notice, lint.Error, lint.Fatal:
				t.Errorf("%s: %s: %v %s", profile, name, r.Status, r.Details)
			}
		}
		if passed < 20 {
			t.Errorf("%s: only %d rules were looked at", profile, passed)
		}
	}
	// It would say so: without a critical key usage, and without an authority's name for its key, ours break two of its rules.
	all := oneOfEach(t)
	wrong := forge(t, all["IACA root"], func(f *forgery) { f.template.SubjectKeyId, f.template.KeyUsage = nil, 0 })
	cert, err := zx509.ParseCertificate(wrong.Raw)
	if err != nil {
		t.Fatal(err)
	}
	if !zlint.LintCertificateEx(cert, rules).ErrorsPresent {
		t.Error("a root without key usage passes")
	}
	list, err := zx509.ParseRevocationList(crl(t, generate(t)[0], nil, now).Raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range zlint.LintRevocationListEx(list, rules).Results {
		if r.Status >= lint.Notice {
			t.Errorf("revocation list: %s: %v %s", name, r.Status, r.Details)
		}
	}
}
