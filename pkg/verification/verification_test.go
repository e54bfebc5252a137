package verification_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/verification"
)

var order = []verification.Name{
	verification.Format, verification.IssuerSignature, verification.Trust, verification.ValidityPeriod,
	verification.HolderBinding, verification.RequestMatch, verification.Status,
}

// wantStop checks that the first check to have an answer of note is name with reason, that nothing ran after it, that
// nothing is shown, and that no list was asked for on the word of a document nobody vouched for.
func wantStop(t *testing.T, w *world, r verification.Result, name verification.Name, outcome verification.Outcome, reason verification.Reason) {
	t.Helper()
	verdict := map[verification.Outcome]verification.Verdict{
		verification.Failed: verification.NotValid, verification.Unknown: verification.CouldNotCheck,
	}[outcome]
	if r.Verdict != verdict || len(r.Elements) != 0 || len(r.Checks) != len(order) {
		t.Errorf("verdict %s with %d elements and %d checks, want %s", r.Verdict, len(r.Elements), len(r.Checks), verdict)
	}
	at := slices.Index(order, name)
	for i, c := range r.Checks {
		switch {
		case c.Name != order[i]:
			t.Errorf("check %d is %s, want %s", i, c.Name, order[i])
		case i < at && c.Outcome != verification.Passed && c.Outcome != verification.NotAsked:
			t.Errorf("%s is %s (%s)", c.Name, c.Outcome, c.Reason)
		case i == at && (c.Outcome != outcome || c.Reason != reason):
			t.Errorf("%s is %s (%s), want %s (%s)", c.Name, c.Outcome, c.Reason, outcome, reason)
		case i > at && (c.Outcome != verification.Unknown || c.Reason != verification.ReasonNotReached):
			t.Errorf("%s ran", c.Name)
		}
	}
	if asked := len(w.fetched) > 0; asked != (name == verification.Status && reason != verification.ReasonStatusAbsent) {
		t.Errorf("the status reader was asked: %v", asked)
	}
	if named := r.DocumentType != ""; named != (at > 2) {
		t.Errorf("the document type is given: %v", named)
	}
}

func wantValid(t *testing.T, r verification.Result, scope verification.Scope, notAsked ...verification.Name) {
	t.Helper()
	if r.Verdict != verification.Valid || r.Scope != scope {
		t.Fatalf("%s of a %s: %+v", r.Verdict, r.Scope, r.Checks)
	}
	for i, c := range r.Checks {
		want := verification.Passed
		if slices.Contains(notAsked, c.Name) {
			want = verification.NotAsked
		}
		if c.Name != order[i] || c.Outcome != want || (c.Reason == "") != (want == verification.Passed) {
			t.Errorf("%s is %s (%s)", c.Name, c.Outcome, c.Reason)
		}
	}
}

func TestValid(t *testing.T) {
	ctx, all := context.Background(), verification.Asked{}
	holder, request := verification.HolderBinding, verification.RequestMatch
	t.Run("mdoc", func(t *testing.T) {
		w := newWorld(t)
		r := w.verifier().VerifyMDoc(ctx, w.mdoc(), all)
		wantValid(t, r, verification.ScopeDocument, holder, request)
		if r.DocumentType != docType || len(r.Elements) != 2 || len(w.fetched) != 1 || w.fetched[0] != w.statement.Status {
			t.Errorf("%s with %d elements, status of %v", r.DocumentType, len(r.Elements), w.fetched)
		}
	})
	t.Run("device response", func(t *testing.T) {
		w := newWorld(t)
		r := w.verifier().VerifyDeviceResponse(ctx, w.presented(), verification.Session{Transcript: transcript}, all)
		wantValid(t, r, verification.ScopePresentation, request)
	})
	t.Run("JWT", func(t *testing.T) {
		w := newWorld(t)
		r := w.verifier().VerifyJWT(ctx, w.jwt(), all)
		wantValid(t, r, verification.ScopeDocument, holder, request)
		if r.DocumentType != jwtType || len(r.Elements) != 2 {
			t.Errorf("%s with %d elements", r.DocumentType, len(r.Elements))
		}
	})
	t.Run("presentation", func(t *testing.T) {
		w := newWorld(t)
		r := w.verifier().VerifyPresentation(ctx, w.presentation(w.holder, nil, w.jwt()), nonce, audience, all)
		wantValid(t, r, verification.ScopePresentation, request)
	})
}

func TestMDocFormatAndSignature(t *testing.T) {
	cases := []struct {
		name   string
		raw    func(w *world) []byte
		check  verification.Name
		reason verification.Reason
	}{
		{"nothing", func(*world) []byte { return nil }, verification.Format, verification.ReasonMalformed},
		{"bytes after it", func(w *world) []byte { return append(w.mdoc(), 0) }, verification.Format, verification.ReasonMalformed},
		{"a bit of the signature", func(w *world) []byte {
			return w.spoilt(func(m map[string]cbor.RawMessage) { m["issuerAuth"][len(m["issuerAuth"])-1] ^= 1 })
		}, verification.IssuerSignature, verification.ReasonSignature},
		{"another value", func(w *world) []byte {
			raw := w.mdoc()
			raw[strings.Index(string(raw), "Fictitious")] = 'Z'
			return raw
		}, verification.IssuerSignature, verification.ReasonDigest},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			wantStop(t, w, w.verifier().VerifyMDoc(context.Background(), c.raw(w), verification.Asked{}), c.check, verification.Failed, c.reason)
		})
	}
}

func TestTrustOfDocumentSigner(t *testing.T) {
	signer := func(change func(*x509.Certificate)) func(*world) {
		return func(w *world) { w.signer = newSigner(w.t, w.root, change) }
	}
	cases := []struct {
		name   string
		change func(w *world)
		reason verification.Reason
	}{
		{"no root", func(w *world) { w.roots = nil }, verification.ReasonNoRoot},
		{"root of another type", func(w *world) { w.statement.DocumentType = "uk.gov.justice.other.1" }, verification.ReasonNoRoot},
		{"another root of the same name", func(w *world) { w.roots = []*x509.Certificate{newRoot(w.t, nil).cert} }, verification.ReasonChain},
		{"self-signed", func(w *world) {
			self := newRoot(w.t, nil)
			self.key.Purpose, self.key.Chain = keys.PurposeDocument, []*x509.Certificate{self.cert}
			w.signer = self.key
		}, verification.ReasonChain},
		{"root key under another name", func(w *world) {
			w.root.cert = certify(w.t, &x509.Certificate{
				SerialNumber: w.root.cert.SerialNumber, Subject: pkix.Name{CommonName: "Another"}, NotBefore: w.root.cert.NotBefore,
				NotAfter: w.root.cert.NotAfter, KeyUsage: w.root.cert.KeyUsage, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
			}, w.root.cert, w.root.key, w.root.key)
			w.signer = newSigner(w.t, w.root, nil)
		}, verification.ReasonChain},
		{"root that is no authority", func(w *world) {
			w.root = newRoot(w.t, func(c *x509.Certificate) { c.IsCA, c.MaxPathLenZero = false, false })
			w.roots, w.signer = []*x509.Certificate{w.root.cert}, newSigner(w.t, w.root, nil)
		}, verification.ReasonChain},
		{"root that has ended", func(w *world) {
			w.root = newRoot(w.t, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) })
			w.roots, w.signer = []*x509.Certificate{w.root.cert}, newSigner(w.t, w.root, nil)
		}, verification.ReasonSignerNotCurrent},
		{"signer that has ended", signer(func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) }), verification.ReasonSignerNotCurrent},
		{"signer not yet valid", signer(func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) }), verification.ReasonSignerNotCurrent},
		{"root with an RSA key", func(w *world) {
			private, err := rsa.GenerateKey(rand.Reader, 2048)
			w.must(err)
			w.root.key.Signer = private
			template := *w.root.cert
			template.SignatureAlgorithm, template.SubjectKeyId, template.PublicKey = 0, nil, nil
			w.root.cert = certify(w.t, &template, &template, w.root.key, w.root.key)
			w.roots, w.signer = []*x509.Certificate{w.root.cert}, newSigner(w.t, w.root, nil)
		}, verification.ReasonSignerProfile},
		{"no extended key usage", signer(func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }), verification.ReasonSignerProfile},
		{"another extended key usage", signer(func(c *x509.Certificate) {
			c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 6}}
		}), verification.ReasonSignerProfile},
		{"any extended key usage", signer(func(c *x509.Certificate) {
			c.UnknownExtKeyUsage, c.ExtKeyUsage = nil, []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}), verification.ReasonSignerProfile},
		{"an authority", signer(func(c *x509.Certificate) { c.BasicConstraintsValid, c.IsCA = true, true }), verification.ReasonSignerProfile},
		{"no digitalSignature", signer(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), verification.ReasonSignerProfile},
		{"unknown critical extension", signer(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}), verification.ReasonChain},
		{"signed before the signer was", signer(func(c *x509.Certificate) { c.NotBefore = now.Add(-time.Second) }), verification.ReasonSignerPeriod},
		{"signed after the signer ends", func(w *world) { w.statement.Validity.Signed = now.AddDate(1, 0, 0) }, verification.ReasonSignerPeriod},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.change(w)
			wantStop(t, w, w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{}), verification.Trust, verification.Failed, c.reason)
		})
	}
}

// An authority that renews its root keeps its name: both must be tried, in either order.
func TestTwinRoots(t *testing.T) {
	for name, reverse := range map[string]bool{"old first": false, "old last": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.roots = []*x509.Certificate{newRoot(t, nil).cert, w.root.cert}
			if reverse {
				slices.Reverse(w.roots)
			}
			r := w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{})
			wantValid(t, r, verification.ScopeDocument, verification.HolderBinding, verification.RequestMatch)
		})
	}
}

// ISO 18013-5 §9.1.2.4 keeps the root out of x5chain; a chain that brings it says nothing of trust.
func TestChainOfTwo(t *testing.T) {
	w := newWorld(t)
	raw := w.spoilt(func(m map[string]cbor.RawMessage) {
		var auth []cbor.RawMessage
		w.must(cbor.DecodeNullable(m["issuerAuth"], &auth))
		auth[1] = w.encode(map[int]any{33: []any{w.signer.Chain[0].Raw, w.root.cert.Raw}})
		m["issuerAuth"] = w.encode(auth)
	})
	wantStop(t, w, w.verifier().VerifyMDoc(context.Background(), raw, verification.Asked{}), verification.Trust, verification.Failed, verification.ReasonChain)
}

func TestValidity(t *testing.T) {
	cases := []struct {
		name   string
		change func(w *world)
		reason verification.Reason
	}{
		{"first second", func(w *world) { w.now = w.statement.Validity.From }, ""},
		{"before it", func(w *world) { w.now = w.statement.Validity.From.Add(-time.Second) }, verification.ReasonNotYetValid},
		{"last second", func(w *world) {
			w.now, w.reading.ListExpires = w.statement.Validity.Until.Add(-time.Second), w.statement.Validity.Until
		}, ""},
		{"after it", func(w *world) { w.now = w.statement.Validity.Until }, verification.ReasonExpired},
		{"signed after it begins", func(w *world) { w.statement.Validity.From = w.statement.Validity.Signed.Add(-time.Second) }, verification.ReasonValidityNonsense},
		{"ends before it begins", func(w *world) { w.statement.Validity.Until = w.statement.Validity.From }, verification.ReasonValidityNonsense},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.change(w)
			w.reading.ListIssued = w.statement.Validity.Signed.Add(-time.Hour)
			r := w.verifier().VerifyMDoc(context.Background(), w.mdoc(), verification.Asked{})
			if c.reason == "" {
				wantValid(t, r, verification.ScopeDocument, verification.HolderBinding, verification.RequestMatch)
				return
			}
			wantStop(t, w, r, verification.ValidityPeriod, verification.Failed, c.reason)
		})
	}
}

func TestDeviceResponse(t *testing.T) {
	other := []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'y'}
	cases := []struct {
		name       string
		response   func(w *world) []byte
		transcript []byte
		check      verification.Name
		outcome    verification.Outcome
		reason     verification.Reason
	}{
		{"a bare document", (*world).mdoc, transcript, verification.Format, verification.Failed, verification.ReasonMalformed},
		{"two documents", func(w *world) []byte {
			d := w.document(w.mdoc(), docType, w.holder, transcript)
			return w.response(d, d)
		}, transcript, verification.Format, verification.Failed, verification.ReasonDocumentCount},
		{"another docType", func(w *world) []byte {
			return w.response(w.document(w.mdoc(), "uk.gov.justice.other.1", w.holder, transcript))
		}, transcript, verification.IssuerSignature, verification.Failed, verification.ReasonDocTypeMismatch},
		{"another device", func(w *world) []byte {
			return w.response(w.document(w.mdoc(), docType, newKey(w.t, ""), transcript))
		}, transcript, verification.HolderBinding, verification.Failed, verification.ReasonDeviceSignature},
		{"another session", (*world).presented, other, verification.HolderBinding, verification.Failed, verification.ReasonDeviceSignature},
		{"no transcript", (*world).presented, nil, verification.HolderBinding, verification.Unknown, verification.ReasonTranscript},
		{"MAC", func(w *world) []byte {
			d := w.document(w.mdoc(), docType, w.holder, transcript)
			d["deviceSigned"].(map[string]any)["deviceAuth"] = map[string]any{"deviceMac": []any{[]byte{0xa1, 1, 5}, map[string]any{}, nil, make([]byte, 32)}}
			return w.response(d)
		}, transcript, verification.HolderBinding, verification.Unknown, verification.ReasonDeviceMACKey},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyDeviceResponse(context.Background(), c.response(w), verification.Session{Transcript: c.transcript}, verification.Asked{})
			wantStop(t, w, r, c.check, c.outcome, c.reason)
		})
	}
}

func TestJWT(t *testing.T) {
	cases := []struct {
		name    string
		compact func(w *world) string
		check   verification.Name
		outcome verification.Outcome
		reason  verification.Reason
	}{
		{"nothing", func(*world) string { return "" }, verification.Format, verification.Failed, verification.ReasonMalformed},
		{"untrusted issuer", func(w *world) string {
			w.keyErr = verification.ErrIssuerUntrusted
			return w.jwt()
		}, verification.IssuerSignature, verification.Failed, verification.ReasonIssuerUntrusted},
		{"unknown key", func(w *world) string {
			compact := w.jwt()
			w.jwtKey.ID = "11ee"
			return compact
		}, verification.IssuerSignature, verification.Failed, verification.ReasonIssuerKeyUnknown},
		{"issuer away", func(w *world) string {
			w.keyErr = errors.New("away")
			return w.jwt()
		}, verification.IssuerSignature, verification.Unknown, verification.ReasonIssuerKeysNotFound},
		{"another key", func(w *world) string {
			compact := w.jwt()
			w.jwtKey = newKey(w.t, keys.PurposeCredential)
			return compact
		}, verification.IssuerSignature, verification.Failed, verification.ReasonSignature},
		{"expired", func(w *world) string {
			w.now = w.statement.Validity.Until
			return w.jwt()
		}, verification.ValidityPeriod, verification.Failed, verification.ReasonExpired},
		{"revoked", func(w *world) string {
			w.reading.Value = 1
			return w.jwt()
		}, verification.Status, verification.Failed, verification.ReasonStatusInvalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyJWT(context.Background(), c.compact(w), verification.Asked{})
			wantStop(t, w, r, c.check, c.outcome, c.reason)
		})
	}
}

func TestPresentation(t *testing.T) {
	good := func(w *world) string { return w.presentation(w.holder, nil, w.jwt()) }
	cases := []struct {
		name            string
		compact         func(w *world) string
		nonce, audience string
		check           verification.Name
		reason          verification.Reason
	}{
		{"a bare credential", (*world).jwt, nonce, audience, verification.Format, verification.ReasonMalformed},
		{"two credentials", func(w *world) string { return w.presentation(w.holder, nil, w.jwt(), w.jwt()) }, nonce, audience, verification.Format, verification.ReasonDocumentCount},
		{"another holder", func(w *world) string { return w.presentation(newKey(w.t, keys.PurposeCredential), nil, w.jwt()) }, nonce, audience, verification.HolderBinding, verification.ReasonHolderMismatch},
		{"another signature", func(w *world) string {
			a, b := good(w), w.presentation(w.holder, map[string]any{"jti": "x"}, w.jwt())
			return a[:strings.LastIndex(a, ".")] + b[strings.LastIndex(b, "."):]
		}, nonce, audience, verification.HolderBinding, verification.ReasonHolderSignature},
		{"another nonce", good, "other", audience, verification.HolderBinding, verification.ReasonNonce},
		{"no nonce", good, "", audience, verification.HolderBinding, verification.ReasonNonce},
		{"another audience", good, nonce, "https://other.example", verification.HolderBinding, verification.ReasonAudience},
		{"no audience", good, nonce, "", verification.HolderBinding, verification.ReasonAudience},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyPresentation(context.Background(), c.compact(w), c.nonce, c.audience, verification.Asked{})
			wantStop(t, w, r, c.check, verification.Failed, c.reason)
		})
	}
}

func TestRequestMatch(t *testing.T) {
	name, released := verification.ElementName{Namespace: docType, Name: "family_name"}, verification.ElementName{Namespace: docType, Name: "released"}
	portrait := verification.ElementName{Namespace: docType, Name: "portrait"}
	cases := []struct {
		name   string
		asked  verification.Asked
		reason verification.Reason
	}{
		{"all of it", verification.Asked{DocumentType: docType, Elements: []verification.ElementName{released, name}}, ""},
		{"the type alone", verification.Asked{DocumentType: docType}, ""},
		{"another type", verification.Asked{DocumentType: "uk.gov.justice.other.1"}, verification.ReasonDocumentType},
		{"more than is there", verification.Asked{Elements: []verification.ElementName{name, released, portrait}}, verification.ReasonElementMissing},
		{"another namespace", verification.Asked{Elements: []verification.ElementName{{Name: "family_name"}, released}}, verification.ReasonElementMissing},
		{"another value", verification.Asked{Elements: []verification.ElementName{name}, Values: []verification.Value{{Element: name, AnyOf: []string{"Imaginary"}}}},
			verification.ReasonElementValue},
		{"a value that is no text", verification.Asked{Elements: []verification.ElementName{released}, Values: []verification.Value{{Element: released, AnyOf: []string{"", "true"}}}},
			verification.ReasonElementValue},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), verification.Session{Transcript: transcript}, c.asked)
			if c.reason == "" {
				wantValid(t, r, verification.ScopePresentation)
				return
			}
			wantStop(t, w, r, verification.RequestMatch, verification.Failed, c.reason)
		})
	}
}

// A bare document and a JWT cannot leave anything out: what was not asked for is not shown.
func TestOnlyWhatWasAskedIsShown(t *testing.T) {
	w := newWorld(t)
	one := verification.Asked{Elements: []verification.ElementName{{Namespace: docType, Name: "released"}}}
	r := w.verifier().VerifyMDoc(context.Background(), w.mdoc(), one)
	wantValid(t, r, verification.ScopeDocument, verification.HolderBinding)
	if len(r.Elements) != 1 || r.Elements[0].Name != "released" {
		t.Errorf("mdoc shows %v", r.Elements)
	}
	one.Elements[0].Namespace = ""
	r = w.verifier().VerifyPresentation(context.Background(), w.presentation(w.holder, nil, w.jwt()), nonce, audience, one)
	wantValid(t, r, verification.ScopePresentation)
	if len(r.Elements) != 1 || r.Elements[0].Name != "released" {
		t.Errorf("JWT shows %v", r.Elements)
	}
}

// A wallet that shows more than it was asked for shows it to nobody.
func TestSurplusIsDroppedAndNoted(t *testing.T) {
	family, released := verification.ElementName{Namespace: docType, Name: "family_name"}, verification.ElementName{Namespace: docType, Name: "released"}
	for _, c := range []struct {
		name    string
		asked   verification.Asked
		shown   int
		surplus string
	}{
		{"one asked for", verification.Asked{Elements: []verification.ElementName{released}}, 1, "1"},
		{"one of them optional", verification.Asked{Elements: []verification.ElementName{released}, Optional: []verification.ElementName{family}}, 2, ""},
		{"an optional one that is not there", verification.Asked{Optional: []verification.ElementName{{Namespace: docType, Name: "middle_name"}}}, 0, "2"},
		{"a value as wanted", verification.Asked{Elements: []verification.ElementName{family}, Values: []verification.Value{{Element: family, AnyOf: []string{"x", "Fictitious"}}}}, 1, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), verification.Session{Transcript: transcript}, c.asked)
			wantValid(t, r, verification.ScopePresentation)
			if len(r.Elements) != c.shown || r.Checks[5].Evidence["surplus"] != c.surplus {
				t.Errorf("shows %d, surplus %q", len(r.Elements), r.Checks[5].Evidence["surplus"])
			}
		})
	}
}

func TestStatus(t *testing.T) {
	cases := []struct {
		name    string
		change  func(w *world)
		outcome verification.Outcome
		reason  verification.Reason
	}{
		{"invalid", func(w *world) { w.reading.Value = 1 }, verification.Failed, verification.ReasonStatusInvalid},
		{"suspended", func(w *world) { w.reading.Value = 2 }, verification.Failed, verification.ReasonStatusUnsupported},
		{"application specific", func(w *world) { w.reading.Value = 3 }, verification.Failed, verification.ReasonStatusUnsupported},
		{"below zero", func(w *world) { w.reading.Value = -1 }, verification.Failed, verification.ReasonStatusUnsupported},
		{"list of the future", func(w *world) { w.reading.ListIssued = now.Add(time.Second) }, verification.Unknown, verification.ReasonStatusIssued},
		{"list that has ended", func(w *world) { w.reading.ListExpires = now }, verification.Unknown, verification.ReasonStatusExpired},
		{"no reading at all", func(w *world) { w.reading = verification.StatusReading{} }, verification.Unknown, verification.ReasonStatusExpired},
		{"reader's own reason", func(w *world) {
			w.statErr = &verification.StatusError{Reason: verification.ReasonStatusUntrusted}
		}, verification.Unknown, verification.ReasonStatusUntrusted},
		{"reader without a reason", func(w *world) { w.statErr = errors.New("away") }, verification.Unknown, verification.ReasonStatusUnavailable},
		{"no list named", func(w *world) { w.statement.Status = credential.StatusRef{} }, verification.Unknown, verification.ReasonStatusAbsent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.change(w)
			r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), verification.Session{Transcript: transcript}, verification.Asked{})
			wantStop(t, w, r, verification.Status, c.outcome, c.reason)
		})
	}
}

func TestTheLatestListIsEvidence(t *testing.T) {
	for latest, want := range map[time.Time]string{{}: "", now.Add(-time.Hour): now.Add(-time.Hour).Format(time.RFC3339)} {
		w := newWorld(t)
		w.statErr = &verification.StatusError{Reason: verification.ReasonStatusUnavailable, Latest: latest}
		r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), verification.Session{Transcript: transcript}, verification.Asked{})
		if got := r.Checks[len(r.Checks)-1].Evidence["listIssued"]; r.Verdict != verification.CouldNotCheck || got != want {
			t.Errorf("%s, list of %q, want %q", r.Verdict, got, want)
		}
	}
}

func TestEvidenceHoldsNoPersonalData(t *testing.T) {
	w := newWorld(t)
	r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), verification.Session{Transcript: transcript}, verification.Asked{})
	evidence, err := json.Marshal(r.Checks)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"family_name", w.statement.Status.URI, "Fictitious"} {
		if strings.Contains(string(evidence), secret) {
			t.Errorf("evidence holds %s", secret)
		}
	}
	for _, want := range []string{"root", "signer", "listIssued", "listExpires", "until"} {
		if !strings.Contains(string(evidence), `"`+want+`"`) {
			t.Errorf("evidence lacks %s", want)
		}
	}
}
