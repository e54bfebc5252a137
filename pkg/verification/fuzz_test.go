package verification_test

import (
	"bytes"
	"context"
	"reflect"
	"testing"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/verification"
)

// A certificate that only looks like the signer's is refused, and so is whatever stands in its place.
func FuzzCertificate(f *testing.F) {
	w := newWorld(&testing.T{})
	good := w.signer.Chain[0].Raw
	document := w.mdoc()
	f.Add(good)
	f.Add(w.root.cert.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		var parts map[string]cbor.RawMessage
		if err := cbor.DecodeNullable(document, &parts); err != nil {
			t.Fatal(err)
		}
		var auth []cbor.RawMessage
		if err := cbor.DecodeNullable(parts["issuerAuth"], &auth); err != nil {
			t.Fatal(err)
		}
		var err error
		if auth[1], err = cbor.Encode(map[int]any{33: der}); err != nil {
			t.Fatal(err)
		}
		if parts["issuerAuth"], err = cbor.Encode(auth); err != nil {
			t.Fatal(err)
		}
		raw, err := cbor.Encode(parts)
		if err != nil {
			t.Fatal(err)
		}
		r := w.verifier().VerifyMDoc(context.Background(), raw, verification.Asked{})
		if r.Verdict == verification.Valid && !bytes.Equal(der, good) {
			t.Errorf("a mutant of the certificate is trusted: %x", der)
		}
	})
}

// No bytes but the holder's own answer to this session are valid.
func FuzzDeviceResponse(f *testing.F) {
	w := newWorld(&testing.T{})
	good := w.presented()
	session := verification.Session{Transcript: transcript}
	want := w.verifier().VerifyDeviceResponse(context.Background(), good, session, verification.Asked{}).Elements
	f.Add(good)
	f.Add(w.mdoc())
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := w.verifier().VerifyDeviceResponse(context.Background(), raw, session, verification.Asked{})
		// The order of map members is free (pkg/cbor): what is said is not.
		if r.Verdict == verification.Valid && !reflect.DeepEqual(r.Elements, want) {
			t.Errorf("a mutant is valid: %x", raw)
		}
	})
}
