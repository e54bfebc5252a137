package suite_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// meet begins an in-person check, and has the holder's device read who asks and for what.
func (d *desk) meet(organisation string) (*rig.Presentation, *wallet.InPerson, []wallet.Asked) {
	d.t.Helper()
	device, qr, err := d.wallet.Engage()
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := d.BeginInPerson(context.Background(), organisation, map[string]string{"council": "council-housing", "bank": "bank"}[organisation], qr)
	if err != nil {
		d.t.Fatal(err)
	}
	message, err := base64.RawURLEncoding.DecodeString(p.Message)
	if err != nil {
		d.t.Fatal(err)
	}
	asked, err := device.Establish(message, d.Roots())
	if err != nil {
		d.t.Fatal(err)
	}
	return p, device, asked
}

// relay carries a message of the device to the verifier, and wants it to end the session.
func (d *desk) relay(p *rig.Presentation, message []byte) {
	d.t.Helper()
	reply, status, err := p.Relay(context.Background(), base64.RawURLEncoding.EncodeToString(message))
	if err != nil || status != http.StatusOK {
		d.t.Fatalf("%d %v", status, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(reply)
	if err != nil {
		d.t.Fatal(err)
	}
	if end, err := wallet.DecodeCBOR(raw); err != nil || len(end.(wallet.Map)) != 1 || end.(wallet.Map)[0].Key != "status" {
		d.t.Errorf("the session goes on: %x, %v", raw, err)
	}
}

func TestInPerson(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for name, mac := range map[string]bool{"signature": false, "MAC": true} {
		t.Run(name, func(t *testing.T) {
			p, device, asked := d.meet("council")
			if len(asked) != 2 || asked[0].DocType != release || asked[1].DocType != licence || p.Link != "" {
				t.Fatalf("asked for %v", asked)
			}
			message, err := device.Answer(asked[0], d.mdoc, mac)
			if err != nil {
				t.Fatal(err)
			}
			d.relay(p, message)
			result := d.result(p, "")
			if result.Verdict != "valid" || len(result.Documents) != 1 || !slices.Contains(names(result), "release_date") {
				t.Fatalf("%s", result.Body)
			}
			method := map[bool]string{false: "device_signature", true: "device_mac"}[mac]
			if !strings.Contains(result.Body, `"method":"`+method+`"`) {
				t.Errorf("not by %s: %s", method, result.Body)
			}
			if _, status, err := p.Relay(context.Background(), base64.RawURLEncoding.EncodeToString(message)); err != nil || status != http.StatusBadRequest {
				t.Errorf("a replay: %d, %v", status, err)
			}
		})
	}
}

// What a bank may ask in person is its row of the register, and nothing else.
func TestInPersonAsksForTheRowAlone(t *testing.T) {
	d := newDesk(t, rig.Options{})
	_, _, asked := d.meet("bank")
	if len(asked) != 1 || asked[0].DocType != release || len(asked[0].Elements) != 4 {
		t.Errorf("%v", asked)
	}
	for _, e := range asked[0].Elements {
		if !slices.Contains([]string{"family_name", "given_name", "birth_date", "issuing_authority"}, e[1]) {
			t.Errorf("a bank asks for %s", e[1])
		}
	}
}

func TestInPersonSessionsThatGoWrong(t *testing.T) {
	d := newDesk(t, rig.Options{})
	other := newWallet(t, d.Rig)
	for _, c := range []struct {
		name            string
		message         func(device *wallet.InPerson, asked []wallet.Asked) ([]byte, error)
		verdict, reason string
	}{
		{"noise", func(*wallet.InPerson, []wallet.Asked) ([]byte, error) { return []byte{1, 2, 3}, nil }, "could_not_check", "response_unreadable"},
		{"another session's message", func(_ *wallet.InPerson, asked []wallet.Asked) ([]byte, error) {
			_, device, _ := d.meet("council")
			return device.Answer(asked[0], d.mdoc, false)
		}, "could_not_check", "response_unreadable"},
		{"the device ends it", func(*wallet.InPerson, []wallet.Asked) ([]byte, error) {
			return wallet.EncodeCBOR(wallet.Map{{Key: "status", Value: 20}})
		}, "could_not_check", "declined"},
		{"no DeviceResponse", func(device *wallet.InPerson, _ []wallet.Asked) ([]byte, error) {
			return device.Message([]byte("hello"))
		}, "not_valid", "malformed"},
		{"a response for another session", func(device *wallet.InPerson, asked []wallet.Asked) ([]byte, error) {
			response, err := d.wallet.PresentMDoc(d.mdoc, asked[0].Elements[:1], wallet.OID4VPTranscript("a", "b", "c", nil))
			if err != nil {
				return nil, err
			}
			return device.Message(response)
		}, "not_valid", "device_signature"},
		{"another phone", func(device *wallet.InPerson, asked []wallet.Asked) ([]byte, error) {
			response, err := other.PresentMDoc(d.mdoc, asked[0].Elements[:1], wallet.OID4VPTranscript("a", "b", "c", nil))
			if err != nil {
				return nil, err
			}
			return device.Message(response)
		}, "not_valid", "device_signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, device, asked := d.meet("council")
			message, err := c.message(device, asked)
			if err != nil {
				t.Fatal(err)
			}
			d.relay(p, message)
			result := d.result(p, "")
			if result.Verdict != c.verdict || !strings.Contains(result.Body, `"`+c.reason+`"`) || len(names(result)) != 0 {
				t.Errorf("%s", result.Body)
			}
		})
	}
}

// A device that answers a bank with the licence summary shows it to nobody.
func TestInPersonRefusesWhatNobodyAskedFor(t *testing.T) {
	d := newDesk(t, rig.Options{})
	summary := d.collect(rig.OfferRequest{DocumentType: licence, Format: "mdoc", Record: person})
	p, device, _ := d.meet("bank")
	message, err := device.Answer(wallet.Asked{DocType: licence, Elements: [][2]string{{"org.iso.23220.1", "family_name"}, {licence, "licence_end_date"}}}, summary, false)
	if err != nil {
		t.Fatal(err)
	}
	d.relay(p, message)
	if result := d.result(p, ""); result.Verdict != "not_valid" || result.Reason != "not_asked_for" || len(names(result)) != 0 {
		t.Errorf("%s", result.Body)
	}
}

func TestInPersonBadBeginnings(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for name, qr := range map[string]string{"nothing": "", "another address": "https://example.com", "noise": "mdoc:AAAA"} {
		if _, err := d.BeginInPerson(context.Background(), "council", "council-housing", qr); err == nil || !strings.Contains(err.Error(), "400") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p, device, asked := d.meet("council")
	message, err := device.Answer(asked[0], d.mdoc, false)
	if err != nil {
		t.Fatal(err)
	}
	cookie := p.Cookie
	p.Cookie = nil
	if _, status, err := p.Relay(context.Background(), base64.RawURLEncoding.EncodeToString(message)); err != nil || status != http.StatusNotFound {
		t.Errorf("another browser relays: %d, %v", status, err)
	}
	p.Cookie = cookie
	if status, err := p.RespondAPI(context.Background(), "openid4vp-v1-signed", map[string]any{"vp_token": map[string]any{}}); err != nil || status != http.StatusBadRequest {
		t.Errorf("an answer of the API in person: %d, %v", status, err)
	}
	d.relay(p, message)
}

// ISO/IEC TS 18013-7 Annex C: the mdoc's own protocol over the Digital Credentials API, encrypted with HPKE.
func TestMDocOverTheDigitalCredentialsAPI(t *testing.T) {
	d := newDesk(t, rig.Options{})
	answer := func(p *rig.Presentation, origin string) (string, error) {
		return d.wallet.AnswerMDocAPI(p.DCRequest.Data.DeviceRequest, p.DCRequest.Data.EncryptionInfo, origin, d.Roots(), d.mdoc)
	}
	p := d.begin("council", "council-housing", "dc_api_mdoc", "")
	if p.DCRequest.Protocol != "org-iso-mdoc" || p.DCRequest.Data.Request != "" {
		t.Fatalf("%+v", p.DCRequest)
	}
	response, err := answer(p, d.VerifierURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer(p, "https://other.example"); err == nil {
		t.Error("readerAuth verifies for another origin")
	}
	other := d.begin("council", "council-housing", "dc_api_mdoc", "")
	for name, c := range map[string]struct {
		p        *rig.Presentation
		protocol string
		data     any
	}{
		"another check's answer": {other, "org-iso-mdoc", map[string]string{"response": response}},
		"another protocol":       {p, "openid4vp-v1-signed", map[string]string{"response": response}},
		"padding":                {p, "org-iso-mdoc", map[string]string{"response": response + "="}},
		"a bit":                  {p, "org-iso-mdoc", map[string]string{"response": response[:len(response)-4] + "AAAA"}},
		"nothing":                {p, "org-iso-mdoc", map[string]string{}},
	} {
		if status, err := c.p.RespondAPI(context.Background(), c.protocol, c.data); err != nil || status != http.StatusBadRequest {
			t.Errorf("%s: %d, %v", name, status, err)
		}
	}
	if status, err := p.RespondAPI(context.Background(), "org-iso-mdoc", map[string]string{"response": response}); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v", status, err)
	}
	if result := d.result(p, ""); result.Verdict != "valid" || !slices.Contains(names(result), "release_date") {
		t.Errorf("%s", result.Body)
	}
}
