package wallet_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
)

// refuses checks that the wallet refuses what it is given, for this reason, holds nothing and says so.
func (d *desk) refuses(t *testing.T, id, reason string) {
	t.Helper()
	h, err := d.wallet.Collect(context.Background(), d.offer(id))
	if err == nil || h != nil {
		t.Fatal("accepted")
	}
	if !strings.Contains(err.Error(), reason) {
		t.Errorf("refused for another reason: %v", err)
	}
	if !slices.Equal(d.events, []string{wallet.EventFailure}) {
		t.Errorf("events are %v", d.events)
	}
}

func first(edit func(item wallet.Map) wallet.Map) func([]wallet.Map) []wallet.Map {
	return func(items []wallet.Map) []wallet.Map {
		items[0] = edit(items[0])
		return items
	}
}

func TestMDocItems(t *testing.T) {
	set := func(key string, value any) func([]wallet.Map) []wallet.Map {
		return first(func(i wallet.Map) wallet.Map { return put(i, key, value) })
	}
	for name, test := range map[string]struct {
		edit   func([]wallet.Map) []wallet.Map
		reason string
	}{
		"random of 15 bytes": {set("random", make([]byte, 15)), "random is shorter"},
		"extra member":       {set("extra", 1), "not in the schema"},
		"missing member":     {first(func(i wallet.Map) wallet.Map { return drop(i, "random") }), "random is missing"},
		"negative digestID":  {set("digestID", -1), "digestID is out of range"},
		"digestID of 2^31":   {set("digestID", int64(1)<<31), "digestID is out of range"},
		"digestID twice":     {set("digestID", 7), "repeats a digestID"},
		"element twice":      {set("elementIdentifier", "birth_date"), "repeats a digestID or an element"},
		"random twice": {func(items []wallet.Map) []wallet.Map {
			random, _ := items[1].Get("random")
			put(items[0], "random", random)
			return items
		}, "share one random"},
		"element not announced": {set("elementIdentifier", "prison_number"), "not in the metadata"},
		"mandatory missing":     {func(items []wallet.Map) []wallet.Map { return items[:1] }, "birth_date is missing"},
		"date as text":          {func(i []wallet.Map) []wallet.Map { put(i[1], "elementValue", "1990-01-02"); return i }, "not of type full-date"},
		"no such date": {func(i []wallet.Map) []wallet.Map {
			put(i[1], "elementValue", wallet.Tag{Number: 1004, Content: "1990-02-30"})
			return i
		}, "not of type full-date"},
		"nameless":       {set("elementIdentifier", ""), "not a name"},
		"name as number": {set("elementValue", 1), "not of type text"},
		"portrait as PNG": {func(i []wallet.Map) []wallet.Map {
			return append(i, item(8, "portrait", []byte("\x89PNG\r\n\x1a\n")))
		}, "not of type jpeg"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.items = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
}

func TestMDocSecurityObject(t *testing.T) {
	set := func(key string, value any) func(wallet.Map) wallet.Map {
		return func(m wallet.Map) wallet.Map { return put(m, key, value) }
	}
	inInfo := func(key string, value any) func(wallet.Map) wallet.Map {
		return func(m wallet.Map) wallet.Map {
			info, _ := m.Get("deviceKeyInfo")
			return put(m, "deviceKeyInfo", put(info.(wallet.Map), key, value))
		}
	}
	list := func(m wallet.Map) func(wallet.Map) wallet.Map {
		return set("status", wallet.Map{{Key: "status_list", Value: m}})
	}
	for name, test := range map[string]struct {
		edit   func(wallet.Map) wallet.Map
		reason string
	}{
		"version 1.1":         {set("version", "1.1"), "version is not 1.0"},
		"SHA-512":             {set("digestAlgorithm", "SHA-512"), "digest algorithm is not SHA-256"},
		"another docType":     {set("docType", "org.iso.18013.5.1.mDL"), "docType is not the one"},
		"no status":           {func(m wallet.Map) wallet.Map { return drop(m, "status") }, "status is missing"},
		"extra member":        {set("extra", 1), "not in the schema"},
		"extra status":        {set("status", wallet.Map{{Key: "status_list", Value: wallet.Map{}}, {Key: "x", Value: 1}}), "not in the schema"},
		"status without idx":  {list(wallet.Map{{Key: "uri", Value: "https://s.example/t/1"}}), "idx is missing"},
		"negative status idx": {list(wallet.Map{{Key: "uri", Value: "https://s.example/t/1"}, {Key: "idx", Value: -1}}), "out of range"},
		"status uri no URL":   {list(wallet.Map{{Key: "uri", Value: "t/1"}, {Key: "idx", Value: 1}}), "not a plain absolute URL"},
		"status uri a number": {list(wallet.Map{{Key: "uri", Value: 1}, {Key: "idx", Value: 1}}), "not an index and a URI"},
		"extra key info":      {inInfo("keyInfo", wallet.Map{}), "not in the schema"},
		"other namespaces":    {inInfo("keyAuthorizations", wallet.Map{{Key: "nameSpaces", Value: []any{"x"}}}), "key authorisations differ"},
		"data elements too": {inInfo("keyAuthorizations", wallet.Map{{Key: "nameSpaces", Value: []any{space}},
			{Key: "dataElements", Value: wallet.Map{}}}), "not in the schema"},
		"device key with alg":  {inInfo("deviceKey", put(coseKey(&newKey(t).PublicKey), 3, -7)), "COSE_Key of four"},
		"another device key":   {inInfo("deviceKey", coseKey(&newKey(t).PublicKey)), "not this wallet's key"},
		"key not on P-256":     {inInfo("deviceKey", put(coseKey(&newKey(t).PublicKey), -3, make([]byte, 32))), "deviceKeyInfo"},
		"key on another curve": {inInfo("deviceKey", put(coseKey(&newKey(t).PublicKey), -1, 2)), "not EC2 P-256"},
		"digest wrong": {func(m wallet.Map) wallet.Map {
			d, _ := m.Get("valueDigests")
			put(d.(wallet.Map)[0].Value.(wallet.Map), 0, make([]byte, 32))
			return m
		}, "digest does not match"},
		"namespace without items": {func(m wallet.Map) wallet.Map {
			d, _ := m.Get("valueDigests")
			return put(m, "valueDigests", put(d.(wallet.Map), "x", wallet.Map{{Key: 1, Value: make([]byte, 32)}}))
		}, "namespaces of items, digests"},
		"digest of 31 bytes": {func(m wallet.Map) wallet.Map {
			d, _ := m.Get("valueDigests")
			put(d.(wallet.Map)[0].Value.(wallet.Map), 99, make([]byte, 31))
			return m
		}, "SHA-256 digest"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.mso = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
}

func TestMDocValidity(t *testing.T) {
	set := func(key string, value any) func(wallet.Map) wallet.Map {
		return func(m wallet.Map) wallet.Map { return put(m, key, value) }
	}
	times := func(signed, from, until, update time.Duration) func(wallet.Map) wallet.Map {
		return set("validityInfo", validity(noon.Add(signed), noon.Add(from), noon.Add(until), noon.Add(update)))
	}
	for name, test := range map[string]struct {
		edit   func(wallet.Map) wallet.Map
		reason string
	}{
		"signed later":         {times(1e9, 1e9, 1e12, 1e10), "signed in the future"},
		"valid before signed":  {times(0, -1e9, 1e12, 1e10), "validFrom is before signed"},
		"valid later":          {times(0, 1e9, 1e12, 1e10), "validFrom"},
		"over":                 {times(0, 0, 0, 0), "validUntil has passed"},
		"update after end":     {times(0, 0, 1e12, 1001e9), "expectedUpdate is after"},
		"signed before signer": {times(-25*time.Hour, 0, 1e12, 1e10), "outside the validity of the document signer"},
		"fraction of second": {set("validityInfo", put(validity(noon, noon, noon.Add(time.Hour), noon), "signed",
			wallet.Tag{Number: 0, Content: "2027-01-15T08:00:00.0Z"})), "not a time of the form"},
		"time without tag": {set("validityInfo", put(validity(noon, noon, noon.Add(time.Hour), noon), "signed", instant(noon))), "not tag 0"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.mso = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
}

func TestMDocIssuerAuth(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(auth []any)
		reason string
	}{
		"signature changed": {func(a []any) { a[3].([]byte)[0] ^= 1 }, "signature does not verify"},
		"signature in DER":  {func(a []any) { a[3] = make([]byte, 70) }, "not 64 bytes"},
		"payload changed":   {func(a []any) { b := a[2].([]byte); b[len(b)-1] ^= 1 }, "signature does not verify"},
		"another algorithm": {func(a []any) { a[0] = []byte{0xa1, 1, 0x38, 34} }, "not exactly ES256"},
		"a protected kid":   {func(a []any) { a[0] = []byte{0xa2, 1, 0x26, 4, 0x41, 1} }, "not exactly ES256"},
		"an unprotected kid": {func(a []any) {
			a[1] = put(a[1].(wallet.Map), 4, []byte("kid"))
		}, "not exactly one certificate"},
		"x5chain an array": {func(a []any) { a[1].(wallet.Map)[0].Value = []any{a[1].(wallet.Map)[0].Value} }, "not exactly one certificate"},
		"no certificate":   {func(a []any) { a[1] = wallet.Map{} }, "not exactly one certificate"},
		"rubbish for one":  {func(a []any) { a[1].(wallet.Map)[0].Value = []byte("x") }, "read x5chain"},
		"detached":         {func(a []any) { a[2] = nil }, "signature does not verify"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.auth = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
	t.Run("another's key", func(t *testing.T) {
		d := newDesk(t)
		d.mdoc.signWith = newKey(t)
		d.refuses(t, "mdoc", "signature does not verify")
	})
}

func TestMDocEncoding(t *testing.T) {
	b64 := base64.RawURLEncoding.EncodeToString
	for name, test := range map[string]struct {
		edit   func(raw []byte) string
		reason string
	}{
		"padded":            {func(raw []byte) string { return b64(raw) + "=" }, "base64url"},
		"line break":        {func(raw []byte) string { return b64(raw) + "\n" }, "base64url"},
		"base64":            {func(raw []byte) string { return "+/" + b64(raw) }, "base64url"},
		"indefinite":        {func(raw []byte) string { return b64(append(append([]byte{0xbf}, raw[1:]...), 0xff)) }, "indefinite"},
		"long head":         {func(raw []byte) string { return b64(append([]byte{0xb8, 2}, raw[1:]...)) }, "shortest"},
		"something follows": {func(raw []byte) string { return b64(append(raw, 0)) }, "after the item"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.encoding = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
	for name, test := range map[string]struct {
		edit   func(top wallet.Map) wallet.Map
		reason string
	}{
		"docType beside": {func(m wallet.Map) wallet.Map { return put(m, "docType", docType) }, "not in the schema"},
		"no nameSpaces":  {func(m wallet.Map) wallet.Map { return drop(m, "nameSpaces") }, "nameSpaces is missing"},
		"COSE tag 18": {func(m wallet.Map) wallet.Map {
			auth, _ := m.Get("issuerAuth")
			return put(m, "issuerAuth", wallet.Tag{Number: 18, Content: auth})
		}, "untagged"},
		"empty namespace": {func(m wallet.Map) wallet.Map {
			return put(m, "nameSpaces", wallet.Map{{Key: space, Value: []any{}}})
		}, "list of items"},
		"items without tag 24": {func(m wallet.Map) wallet.Map {
			return put(m, "nameSpaces", wallet.Map{{Key: space, Value: []any{item(0, "family_name", "Synthetic")}}})
		}, "not tag 24"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.top = test.edit
			d.refuses(t, "mdoc", test.reason)
		})
	}
}

func TestCertificateProfiles(t *testing.T) {
	type edit = func(*x509.Certificate)
	for name, test := range map[string]struct {
		root, signer edit
		reason       string
	}{
		"root of path length 1":    {func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 1, false }, nil, "path length 0"},
		"root also signs":          {func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageDigitalSignature }, nil, "root's key usage"},
		"root for 21 years":        {func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(21, 0, 0) }, nil, "longer than 20 years"},
		"root expired":             {func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }, nil, "not valid now"},
		"root without alt name":    {func(c *x509.Certificate) { c.ExtraExtensions = nil }, nil, "issuer alternative name"},
		"root without common name": {func(c *x509.Certificate) { c.Subject.CommonName = "" }, nil, "lacks a country or a name"},
		"signer a CA":              {nil, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, "signer is a CA"},
		"signer may encipher":      {nil, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment }, "signer's key usage"},
		"signer without purpose":   {nil, func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] }, "extended key usage"},
		"purpose not critical":     {nil, func(c *x509.Certificate) { c.ExtraExtensions[1].Critical = false }, "extended key usage"},
		"signer for a web server": {nil, func(c *x509.Certificate) {
			c.ExtraExtensions = c.ExtraExtensions[:1]
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}, "extended key usage"},
		"signer without alt name":    {nil, func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[1:] }, "issuer alternative name"},
		"signer without key id":      {nil, func(c *x509.Certificate) { c.SubjectKeyId = nil }, "subject key identifier"},
		"signer without CRL":         {nil, func(c *x509.Certificate) { c.CRLDistributionPoints = nil }, "CRL"},
		"signer for 458 days":        {nil, func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(0, 0, 458) }, "457 days"},
		"signer expired":             {nil, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }, "not valid now"},
		"signer not yet":             {nil, func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }, "not valid now"},
		"signer of another land":     {nil, func(c *x509.Certificate) { c.Subject.Country = []string{"FR"} }, "country"},
		"serial number of 21 octets": {nil, func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 159) }, "serial number"},
		"root signed with SHA-384":   {func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA384 }, nil, "ecdsa-with-SHA256"},
		"signer signed with SHA-384": {nil, func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA384 }, "ecdsa-with-SHA256"},
		"unknown critical extension": {nil, func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: []int{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}})
		}, "critical extension"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.mdoc.certify(t, test.root, test.signer)
			d.answers["/iacas"] = d.mdoc.iacas(t)
			d.refuses(t, "mdoc", test.reason)
		})
	}
}

func TestSignerOnAnotherCurve(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	d.mdoc.signerKey = key // signWith stays: the key is refused before the signature is read
	d.mdoc.certify(t, nil, nil)
	d.answers["/iacas"] = d.mdoc.iacas(t)
	d.refuses(t, "mdoc", "not P-256")
}

// The same authority may have two roots of one name and one key: the signer names which.
func TestSignerNamesItsRoot(t *testing.T) {
	d := newDesk(t)
	signer := d.mdoc.signer
	d.mdoc.certify(t, func(c *x509.Certificate) { c.SubjectKeyId = []byte("another-key-id") }, nil)
	d.mdoc.signer = signer
	d.answers["/iacas"] = d.mdoc.iacas(t)
	d.refuses(t, "mdoc", "authority key identifier")
}

func TestRootMustSignItself(t *testing.T) {
	d := newDesk(t)
	other := newKey(t)
	namesake := *d.mdoc.root
	namesake.PublicKey = &other.PublicKey
	template := *d.mdoc.root
	template.ExtraExtensions = template.Extensions
	d.mdoc.root = createCertificate(t, &template, &namesake, &d.mdoc.rootKey.PublicKey, other)
	d.answers["/iacas"] = d.mdoc.iacas(t)
	d.refuses(t, "mdoc", "not self-signed")
}

func TestSignerMustChainToThisIssuer(t *testing.T) {
	d := newDesk(t)
	other := newMDocMaker(t) // same names, other keys
	d.answers["/iacas"] = other.iacas(t)
	d.refuses(t, "mdoc", "chains to no root")

	d = newDesk(t)
	roots := d.answers["/iacas"].(claims)["data"].([]claims)
	roots[0]["active"] = false
	d.refuses(t, "mdoc", "chains to no root")
}

func TestIACAsThatAreNot(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(root claims)
		reason string
	}{
		"extra member":        {func(r claims) { r["extra"] = 1 }, "not in the schema"},
		"active no boolean":   {func(r claims) { r["active"] = "true" }, "active is not"},
		"two certificates":    {func(r claims) { r["certificatePem"] = r["certificatePem"].(string) + r["certificatePem"].(string) }, "not one certificate"},
		"fingerprint in caps": {func(r claims) { r["certificateFingerprint"] = strings.ToUpper(r["certificateFingerprint"].(string)) }, "certificateFingerprint"},
		"no milliseconds": {func(r claims) {
			c := r["certificateData"].(claims)
			c["notAfter"] = strings.Replace(c["notAfter"].(string), ".000", "", 1)
		}, "certificateData"},
		"another country": {func(r claims) { r["certificateData"].(claims)["country"] = "FR" }, "certificateData"},
		"another name":    {func(r claims) { r["certificateData"].(claims)["commonName"] = "x" }, "certificateData"},
		"another key":     {func(r claims) { r["publicKeyJwk"] = jwk(&newKey(t).PublicKey, "k") }, "publicKeyJwk"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			test.edit(d.answers["/iacas"].(claims)["data"].([]claims)[0])
			d.refuses(t, "mdoc", test.reason)
		})
	}
}
