package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
)

// issued is one certificate of every profile, and the key and certificate that issued it.
type issued struct {
	cert, parent *x509.Certificate
	signer, key  crypto.Signer // of the issuer, and of cert
}

func oneOfEach(t *testing.T) map[keys.Profile]issued {
	t.Helper()
	must := func(k keys.Key, err error) keys.Key {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	of := func(p keys.Purpose) keys.Key { return must(keys.NewKey(p, now)) }
	root := must(keys.NewRoot(authority, now))
	next := must(keys.LinkRoots(root, must(keys.NewRoot(authority, now.Add(time.Hour))), now.Add(time.Hour)))
	signer := must(keys.NewSigner(authority, root, now))
	list := must(keys.Certify(root, of(keys.PurposeStatusList), "", now))
	readers := must(keys.CertifyRoot(keys.Authority{Name: "Test council", URL: "https://check.test", CRL: "https://check.test/crl", Country: "GB"}, of(keys.PurposeReaderRoot), now))
	reader := must(keys.Certify(readers, of(keys.PurposeReader), "check.test", now))
	return map[keys.Profile]issued{
		keys.ProfileIACA:           {root.Chain[0], root.Chain[0], root.Signer, root.Signer},
		keys.ProfileLink:           {next.Chain[1], root.Chain[0], root.Signer, next.Signer},
		keys.ProfileDocumentSigner: {signer.Chain[0], root.Chain[0], root.Signer, signer.Signer},
		keys.ProfileListSigner:     {list.Chain[0], root.Chain[0], root.Signer, list.Signer},
		keys.ProfileReaderRoot:     {readers.Chain[0], readers.Chain[0], readers.Signer, readers.Signer},
		keys.ProfileReader:         {reader.Chain[0], readers.Chain[0], readers.Signer, reader.Signer},
	}
}

var (
	oidAltName = asn1.ObjectIdentifier{2, 5, 29, 18}
	oidUsage   = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidPoints  = asn1.ObjectIdentifier{2, 5, 29, 31}
)

// forge makes a certificate anew, after change has changed what is asked of the library.
func forge(t *testing.T, i issued, change func(f *forgery)) *x509.Certificate {
	t.Helper()
	f := &forgery{template: *i.cert, parent: *i.parent, signer: i.signer, public: i.key.Public(), self: i.cert.Equal(i.parent)}
	f.template.UnknownExtKeyUsage = nil
	for _, e := range i.cert.Extensions {
		if e.Id.Equal(oidAltName) || e.Id.Equal(oidUsage) {
			f.template.ExtraExtensions = append(f.template.ExtraExtensions, e)
		}
	}
	change(f)
	parent := &f.parent
	if f.self {
		parent = &f.template
		parent.PublicKey = f.signer.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, &f.template, parent, f.public, f.signer)
	if err != nil {
		t.Fatal(err)
	}
	if f.edit != nil {
		der = resign(t, der, f.edit, f.signer)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

type forgery struct {
	template, parent x509.Certificate
	signer           crypto.Signer
	public           crypto.PublicKey
	self             bool
	edit             func(tbs []byte) []byte // of the encoding, which is signed again
}

// extension replaces an extension, or leaves it out when there is nothing to replace it with.
func (f *forgery) extension(id asn1.ObjectIdentifier, change func(*pkix.Extension)) {
	i := slices.IndexFunc(f.template.ExtraExtensions, func(e pkix.Extension) bool { return e.Id.Equal(id) })
	f.template.ExtraExtensions = slices.Clone(f.template.ExtraExtensions)
	if change == nil {
		f.template.ExtraExtensions = slices.Delete(f.template.ExtraExtensions, i, i+1)
		return
	}
	change(&f.template.ExtraExtensions[i])
}

func (f *forgery) add(e pkix.Extension) {
	f.template.ExtraExtensions = append(slices.Clone(f.template.ExtraExtensions), e)
}

func resign(t *testing.T, der []byte, edit func([]byte) []byte, signer crypto.Signer) []byte {
	t.Helper()
	var c struct{ TBS, Algorithm, Signature asn1.RawValue }
	if _, err := asn1.Unmarshal(der, &c); err != nil {
		t.Fatal(err)
	}
	tbs := edit(bytes.Clone(c.TBS.FullBytes))
	digest := sha256.Sum256(tbs)
	sig, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	out, err := asn1.Marshal(struct {
		TBS, Algorithm asn1.RawValue
		Signature      asn1.BitString
	}{asn1.RawValue{FullBytes: tbs}, c.Algorithm, asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func oneFor(id asn1.ObjectIdentifier, t *testing.T, v any) pkix.Extension {
	t.Helper()
	value, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: id, Value: value}
}

type mutation struct {
	rule   string
	field  string
	change func(f *forgery)
	also   []string // other rules that the same field breaks; "*" for those of all extensions, which an older version has not
}

// commonMutations are of fields that every profile has (ISO 18013-5 Annex B.1.1).
func commonMutations(t *testing.T, self bool) []mutation {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, new string, all bool) func([]byte) []byte {
		return func(tbs []byte) []byte {
			last := bytes.LastIndex(tbs, []byte(old))
			if last < 0 {
				t.Fatalf("nothing to replace: %x", old)
			}
			if all {
				return bytes.ReplaceAll(tbs, []byte(old), []byte(new))
			}
			return slices.Concat(tbs[:last], []byte(new), tbs[last+len(old):])
		}
	}
	altNames := func(names ...asn1.RawValue) func(*pkix.Extension) {
		return func(e *pkix.Extension) { e.Value = oneFor(oidAltName, t, names).Value }
	}
	uri := func(s string) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(s)}
	}
	point := func(parts ...asn1.RawValue) pkix.Extension {
		name := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true}
		full := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: marshal(t, uri("https://issuer.test/crl"))}
		name.Bytes = marshal(t, full)
		return oneFor(oidPoints, t, [][]asn1.RawValue{append([]asn1.RawValue{name}, parts...)})
	}
	country, key := []string{"issuer-country"}, []string(nil)
	if self {
		country, key = nil, []string{"self-signed"}
	}
	return []mutation{
		{"version", "version 2", func(f *forgery) { f.edit = replace("\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x01", true) }, []string{"*"}},
		{"serial", "of 62 bits", func(f *forgery) { f.template.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 61) }, nil},
		{"signature-algorithm", "SHA-384", func(f *forgery) { f.template.SignatureAlgorithm = x509.ECDSAWithSHA384 }, nil},
		{"country", "none", func(f *forgery) { f.template.Subject.Country, f.template.RawSubject = nil, nil }, country},
		{"country", "small letters", func(f *forgery) { f.template.Subject.Country, f.template.RawSubject = []string{"gb"}, nil }, country},
		{"country", "as UTF-8", func(f *forgery) {
			f.edit = replace("\x06\x03\x55\x04\x06\x13\x02GB", "\x06\x03\x55\x04\x06\x0c\x02GB", f.self)
		}, nil},
		{"common-name", "none", func(f *forgery) { f.template.Subject.CommonName, f.template.RawSubject = "", nil }, nil},
		{"subject-key-id", "of another key", func(f *forgery) { f.template.SubjectKeyId = bytes.Repeat([]byte{1}, 20) }, nil},
		{"issuer-alternative-name", "none", func(f *forgery) { f.extension(oidAltName, nil) }, nil},
		{"issuer-alternative-name", "critical", func(f *forgery) { f.extension(oidAltName, func(e *pkix.Extension) { e.Critical = true }) }, nil},
		{"issuer-alternative-name", "two", func(f *forgery) {
			f.extension(oidAltName, altNames(uri("https://issuer.test"), uri("https://other.test")))
		}, nil},
		{"issuer-alternative-name", "a host's name", func(f *forgery) {
			f.extension(oidAltName, altNames(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("issuer.test")}))
		}, nil},
		{"crl", "none", func(f *forgery) { f.template.CRLDistributionPoints = nil }, nil},
		{"crl", "two", func(f *forgery) {
			f.template.CRLDistributionPoints = []string{"https://issuer.test/a", "https://issuer.test/b"}
		}, nil},
		{"crl", "not of the web", func(f *forgery) { f.template.CRLDistributionPoints = []string{"ldap://issuer.test/crl"} }, nil},
		{"crl", "for some reasons", func(f *forgery) {
			f.add(point(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte{1, 6}}))
		}, nil},
		{"crl", "critical", func(f *forgery) {
			e := point()
			e.Critical = true
			f.add(e)
		}, nil},
		{"forbidden-extension", "policy constraints", func(f *forgery) { f.add(oneFor(asn1.ObjectIdentifier{2, 5, 29, 36}, t, struct{}{})) }, nil},
		{"forbidden-extension", "inhibit any policy", func(f *forgery) { f.add(oneFor(asn1.ObjectIdentifier{2, 5, 29, 54}, t, 0)) }, nil},
		{"forbidden-extension", "a delta list", func(f *forgery) { f.add(oneFor(asn1.ObjectIdentifier{2, 5, 29, 46}, t, []asn1.RawValue{})) }, nil},
		{"unknown-critical", "", func(f *forgery) {
			f.add(pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
		}, nil},
		{"key", "on P-384", func(f *forgery) {
			f.public = &p384.PublicKey
			f.template.SubjectKeyId = keyName(t, &p384.PublicKey)
		}, key},
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func authorityMutations(tooLong ...string) []mutation {
	return []mutation{
		{"validity", "over 20 years", func(f *forgery) { f.template.NotAfter = f.template.NotBefore.AddDate(20, 0, 1) }, tooLong},
		{"key-usage", "no revocation lists", func(f *forgery) { f.template.KeyUsage = x509.KeyUsageCertSign }, nil},
		{"key-usage", "documents too", func(f *forgery) { f.template.KeyUsage |= x509.KeyUsageDigitalSignature }, nil},
		{"basic-constraints", "path length 1", func(f *forgery) { f.template.MaxPathLenZero, f.template.MaxPathLen = false, 1 }, nil},
		{"basic-constraints", "any path length", func(f *forgery) { f.template.MaxPathLenZero, f.template.MaxPathLen = false, -1 }, nil},
		{"extended-key-usage", "of the web", func(f *forgery) { f.template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, nil},
	}
}

func leafMutations(days int, tooLong ...string) []mutation {
	return []mutation{
		{"validity", "a day too long", func(f *forgery) { f.template.NotAfter = f.template.NotBefore.AddDate(0, 0, days+1) }, tooLong},
		{"validity", "ends before it begins", func(f *forgery) { f.template.NotAfter = f.template.NotBefore }, nil},
		{"key-usage", "key agreement too", func(f *forgery) { f.template.KeyUsage |= x509.KeyUsageKeyAgreement }, nil},
		{"not-a-ca", "an authority", func(f *forgery) { f.template.BasicConstraintsValid, f.template.IsCA = true, true }, nil},
	}
}

// usageMutations are of certificates with an extended key usage of their own.
func usageMutations(t *testing.T) []mutation {
	other := oneFor(oidUsage, t, []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 1}})
	return []mutation{
		{"extended-key-usage", "none", func(f *forgery) { f.extension(oidUsage, nil) }, nil},
		{"extended-key-usage", "not critical", func(f *forgery) { f.extension(oidUsage, func(e *pkix.Extension) { e.Critical = false }) }, nil},
		{"extended-key-usage", "another", func(f *forgery) { f.extension(oidUsage, func(e *pkix.Extension) { e.Value = other.Value }) }, nil},
	}
}

// issuedMutations are of what ties a certificate to its issuer's.
func issuedMutations(other crypto.Signer) []mutation {
	return []mutation{
		{"issuer", "another's name", func(f *forgery) {
			f.parent.RawSubject, f.parent.Subject = nil, pkix.Name{Country: []string{"GB"}, CommonName: "Another"}
		}, nil},
		{"signature", "another's key", func(f *forgery) { f.parent.PublicKey, f.signer = other.Public(), other }, nil},
		{"authority-key-id", "of another key", func(f *forgery) { f.parent.SubjectKeyId, f.template.AuthorityKeyId = []byte{1}, []byte{1} }, nil},
		{"within-issuer", "begins before it", func(f *forgery) { f.template.NotBefore = f.parent.NotBefore.Add(-time.Second) }, nil},
		{"issuer-country", "another", func(f *forgery) { f.template.Subject.Country, f.template.RawSubject = []string{"IE"}, nil }, nil},
	}
}

func selfMutations(other crypto.Signer) []mutation {
	return []mutation{
		{"self-signed", "another's key", func(f *forgery) { f.signer = other }, nil},
		{"authority-key-id", "of another key", func(f *forgery) { f.template.AuthorityKeyId = []byte{1} }, nil},
	}
}

func mutations(t *testing.T, p keys.Profile, other crypto.Signer) []mutation {
	all := commonMutations(t, p == keys.ProfileIACA || p == keys.ProfileReaderRoot)
	switch p {
	case keys.ProfileIACA, keys.ProfileReaderRoot:
		return slices.Concat(all, authorityMutations(), selfMutations(other))
	case keys.ProfileLink:
		return slices.Concat(all, authorityMutations("within-issuer"), issuedMutations(other))
	case keys.ProfileListSigner:
		return slices.Concat(all, leafMutations(1187), issuedMutations(other), []mutation{{"extended-key-usage", "one", func(f *forgery) {
			f.add(oneFor(oidUsage, t, []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 1}}))
		}, nil}})
	case keys.ProfileReader:
		return slices.Concat(all, leafMutations(1187, "within-issuer"), issuedMutations(other), usageMutations(t))
	}
	return slices.Concat(all, leafMutations(457), issuedMutations(other), usageMutations(t))
}

// Every field of every profile: as we make it, it is right; changed, it is found by its own rule alone. No rule is without
// a certificate that breaks it.
func TestEveryFieldOfTheProfiles(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for profile, i := range oneOfEach(t) {
		found := map[string]bool{}
		if got := keys.Lint(i.cert, i.parent, profile); len(got) > 0 {
			t.Errorf("%s: as we make it: %v", profile, got)
		}
		for _, m := range mutations(t, profile, other) {
			cert := forge(t, i, m.change)
			parent := i.parent
			if cert.IsCA && i.cert.Equal(i.parent) {
				parent = cert
			}
			got := lintNames(cert, parent, profile)
			if !m.as(got) {
				t.Errorf("%s: %s, %s: found %v", profile, m.rule, m.field, got)
			}
			found[m.rule] = true
		}
		for _, r := range keys.Rules(profile) {
			if !found[r.Rule] {
				t.Errorf("%s: nothing breaks the rule %v", profile, r)
			}
			if !strings.Contains(r.Clause, "ISO 18013-5") && !strings.Contains(r.Clause, "RFC 5280") {
				t.Errorf("%s: rule %v has no clause", profile, r)
			}
		}
	}
}

func lintNames(cert, parent *x509.Certificate, profile keys.Profile) []string {
	var got []string
	for _, f := range keys.Lint(cert, parent, profile) {
		got = append(got, f.Rule)
	}
	slices.Sort(got)
	return got
}

// as says whether what was found is what a mutation breaks, and nothing else.
func (m mutation) as(found []string) bool {
	if slices.Contains(m.also, "*") {
		return slices.Contains(found, m.rule)
	}
	return slices.Equal(found, slices.Sorted(slices.Values(append([]string{m.rule}, m.also...))))
}

// keyName is the SHA-1 of a key's bits, as Annex B.1.1 has it.
func keyName(t *testing.T, key *ecdsa.PublicKey) []byte {
	t.Helper()
	point, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(point)
	return sum[:]
}

// What would be outside its profile never reaches the issuer's key.
func TestOutsideItsProfileNothingIsSigned(t *testing.T) {
	for name, a := range map[string]keys.Authority{
		"no country":             {Name: "Test IACA", URL: "https://issuer.test", CRL: "https://issuer.test/crl"},
		"a country in full":      {Name: "Test IACA", URL: "https://issuer.test", CRL: "https://issuer.test/crl", Country: "Great Britain"},
		"no name":                {URL: "https://issuer.test", CRL: "https://issuer.test/crl", Country: "GB"},
		"no address":             {Name: "Test IACA", CRL: "https://issuer.test/crl", Country: "GB"},
		"lists that are nowhere": {Name: "Test IACA", URL: "https://issuer.test", Country: "GB"},
	} {
		k, err := keys.NewKey(keys.PurposeIACA, now)
		if err != nil {
			t.Fatal(err)
		}
		counted := &counting{Signer: k.Signer}
		k.Signer = counted
		if _, err := keys.CertifyRoot(a, k, now); err == nil || !strings.Contains(err.Error(), "outside its profile") || counted.n != 0 {
			t.Errorf("%s: %v, signed %d times", name, err, counted.n)
		}
	}
}

// counting counts signatures.
type counting struct {
	crypto.Signer
	n int
}

func (c *counting) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	c.n++
	return c.Signer.Sign(random, digest, o)
}
