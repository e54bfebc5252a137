package verification_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/cose"
	"justice-wallet/pkg/verification"
)

// macked is a response that the device authenticated with a MAC under key, having signed own elements.
func (w *world) macked(key []byte, own map[string]map[string]any) []byte {
	w.t.Helper()
	namespaces, err := cbor.Embed(own)
	w.must(err)
	authentication, err := cbor.Embed([]any{"DeviceAuthentication", cbor.RawMessage(transcript), docType, namespaces})
	w.must(err)
	tag, err := cose.MAC(key, authentication.Encoded())
	w.must(err)
	mac, err := cose.Mac0{Tag: tag}.Encode()
	w.must(err)
	return w.response(map[string]any{
		"docType": docType, "issuerSigned": cbor.RawMessage(w.mdoc()),
		"deviceSigned": map[string]any{"nameSpaces": namespaces, "deviceAuth": map[string]any{"deviceMac": cbor.RawMessage(mac)}},
	})
}

func TestDeviceMAC(t *testing.T) {
	key := []byte("thirty-two bytes of shared secret")
	none := map[string]map[string]any{}
	agreed := func(crypto.PublicKey) ([]byte, error) { return key, nil }
	cases := []struct {
		name    string
		session verification.Session
		own     map[string]map[string]any
		outcome verification.Outcome
		reason  verification.Reason
	}{
		{"agreed", verification.Session{Transcript: transcript, MACKey: agreed}, none, verification.Passed, ""},
		{"another key", verification.Session{Transcript: transcript, MACKey: func(crypto.PublicKey) ([]byte, error) { return key[1:], nil }}, none,
			verification.Failed, verification.ReasonDeviceMAC},
		{"no agreement", verification.Session{Transcript: transcript, MACKey: func(crypto.PublicKey) ([]byte, error) { return nil, errors.New("no") }}, none,
			verification.Unknown, verification.ReasonDeviceMACKey},
		{"no reader key", verification.Session{Transcript: transcript}, none, verification.Unknown, verification.ReasonDeviceMACKey},
		{"an element of its own", verification.Session{Transcript: transcript, MACKey: agreed}, map[string]map[string]any{docType: {"mood": "calm"}},
			verification.Passed, ""},
		{"an element it may not sign", verification.Session{Transcript: transcript, MACKey: agreed}, map[string]map[string]any{"other": {"mood": "calm"}},
			verification.Failed, verification.ReasonDeviceElements},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.verifier().VerifyDeviceResponse(context.Background(), w.macked(key, c.own), c.session, verification.Asked{})
			if c.reason != "" {
				wantStop(t, w, r, verification.HolderBinding, c.outcome, c.reason)
				return
			}
			wantValid(t, r, verification.ScopePresentation, verification.RequestMatch)
			if r.Checks[4].Evidence["method"] != "device_mac" {
				t.Errorf("evidence %v", r.Checks[4].Evidence)
			}
			for _, e := range r.Elements {
				if e.Name == "mood" {
					t.Error("shows what the device said of itself")
				}
			}
		})
	}
}

// A response for another session is refused, and the mistake that explains it is named; it is never taken.
func TestMistakesAreNamedAndRefused(t *testing.T) {
	other := []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'y'}
	digest := sha256.Sum256(other)
	session := verification.Session{Transcript: other, Mistakes: []verification.Mistake{
		{Name: "wrong_nonce", Transcript: []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'z'}},
		{Name: "wrong_handover", Transcript: transcript},
	}}
	w := newWorld(t)
	r := w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), session, verification.Asked{})
	wantStop(t, w, r, verification.HolderBinding, verification.Failed, verification.ReasonDeviceSignature)
	evidence := r.Checks[4].Evidence
	if evidence["mistake"] != "wrong_handover" || evidence["transcript"] != hex.EncodeToString(other) || evidence["transcriptSha256"] != hex.EncodeToString(digest[:]) {
		t.Errorf("evidence %v", evidence)
	}
	session.Mistakes = session.Mistakes[:1]
	r = w.verifier().VerifyDeviceResponse(context.Background(), w.presented(), session, verification.Asked{})
	if named, ok := r.Checks[4].Evidence["mistake"]; ok {
		t.Errorf("names %q, which explains nothing", named)
	}
}
