package proximity_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"testing"
	"time"

	"justice-wallet/pkg/cbor"
	"justice-wallet/pkg/es256"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/proximity"
)

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// annexDSession is the reader of Annex D: its engagement came by NFC, and stands with the handover in the transcript.
func annexDSession(t testing.TB, v map[string][]byte) *proximity.Session {
	t.Helper()
	var parts []cbor.RawMessage
	if err := cbor.DecodeNullable(fixture.AnnexDTranscript(t), &parts); err != nil {
		t.Fatal(err)
	}
	var engagement cbor.Embedded
	if err := cbor.Decode(parts[0], &engagement); err != nil {
		t.Fatal(err)
	}
	e, err := proximity.ParseEngagement(engagement)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ecdh.P256().NewPrivateKey(v["ephemeral_reader_key_d"])
	if err != nil {
		t.Fatal(err)
	}
	s, err := proximity.NewSession(e, reader, parts[2])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnnexDSession(t *testing.T) {
	v := fixture.AnnexD(t)
	s := annexDSession(t, v)
	if !bytes.Equal(s.Transcript(), fixture.AnnexDTranscript(t)) {
		t.Fatalf("transcript %x", s.Transcript())
	}
	established, err := s.Establish(v["device_request"])
	if err != nil {
		t.Fatal(err)
	}
	got, want := members(t, established), members(t, v["session_establishment"])
	if !bytes.Equal(got["data"], want["data"]) || !bytes.Equal(got["eReaderKey"], want["eReaderKey"]) || len(got) != 2 {
		t.Errorf("session establishment is %x", established)
	}
	response, err := s.Receive(v["session_data"])
	if err != nil || !bytes.Equal(response, v["device_response"]) {
		t.Fatalf("%v", err)
	}
	presented, err := mdoc.OpenDeviceResponse(response)
	if err != nil {
		t.Fatal(err)
	}
	if err := presented[0].VerifyDevice(s.Transcript(), s.MACKey); err != nil {
		t.Errorf("device MAC: %v", err)
	}
	if data, err := s.Receive(v["session_termination"]); err != nil || data != nil {
		t.Errorf("termination: %x, %v", data, err)
	}
	if _, err := s.Receive(v["session_data"]); !errors.Is(err, proximity.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
	if _, err := s.Send(nil); !errors.Is(err, proximity.ErrEnded) {
		t.Errorf("sent after the end: %v", err)
	}
}

func members(t *testing.T, raw []byte) map[string]cbor.RawMessage {
	t.Helper()
	var m map[string]cbor.RawMessage
	if err := cbor.Decode(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Every single bit of the encrypted message, changed, is refused, and ends the session.
func TestEveryBitOfSessionData(t *testing.T) {
	v := fixture.AnnexD(t)
	raw, one := bytes.Clone(v["session_data"]), annexDSession(t, v)
	for i := range len(raw) * 8 {
		s := proximity.Again(one)
		raw[i/8] ^= 1 << (i % 8)
		_, err := s.Receive(raw)
		raw[i/8] ^= 1 << (i % 8)
		if err == nil {
			t.Fatalf("bit %d changed, and it decrypts", i)
		}
		if i%1000 == 0 {
			if _, err := s.Receive(raw); !errors.Is(err, proximity.ErrEnded) {
				t.Fatalf("bit %d: the session goes on: %v", i, err)
			}
		}
	}
}

func TestMessagesComeOnceAndInOrder(t *testing.T) {
	v := fixture.AnnexD(t)
	s := annexDSession(t, v)
	if _, err := s.Receive(v["session_data"]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Receive(v["session_data"]); !errors.Is(err, proximity.ErrDecrypt) {
		t.Errorf("a replay: %v", err)
	}
	s = annexDSession(t, v)
	first, err := s.Send([]byte("same"))
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Send([]byte("same"))
	if err != nil || bytes.Equal(first, second) {
		t.Error("two messages under one counter")
	}
	proximity.Exhaust(s)
	if _, err := s.Send([]byte("x")); !errors.Is(err, proximity.ErrEnded) {
		t.Errorf("a counter that begins again: %v", err)
	}
	if _, err := s.Receive(v["session_data"]); !errors.Is(err, proximity.ErrEnded) {
		t.Errorf("a counter that begins again: %v", err)
	}
}

func TestTheReaderEndsTheSession(t *testing.T) {
	v := fixture.AnnexD(t)
	s := annexDSession(t, v)
	raw, err := s.End(proximity.StatusTermination)
	if err != nil || !bytes.Equal(raw, v["session_termination"]) {
		t.Errorf("%x, %v", raw, err)
	}
	if _, err := s.Receive(v["session_data"]); !errors.Is(err, proximity.ErrEnded) {
		t.Errorf("%v", err)
	}
}

func TestSessionDataRefuses(t *testing.T) {
	v := fixture.AnnexD(t)
	for name, m := range map[string]any{
		"nothing":       map[string]any{},
		"another":       map[string]any{"data": []byte{1}, "more": 1},
		"text":          map[string]any{"data": "x"},
		"a status text": map[string]any{"status": "20"},
		"below zero":    map[string]any{"status": -1},
		"an array":      []any{1},
	} {
		raw, err := cbor.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := annexDSession(t, v).Receive(raw); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for name, raw := range map[string][]byte{"trailing": append(bytes.Clone(v["session_data"]), 0), "cut": v["session_data"][:100], "too long": make([]byte, 3<<20)} {
		if _, err := annexDSession(t, v).Receive(raw); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestEngagement(t *testing.T) {
	v := fixture.AnnexD(t)
	raw := v["device_engagement"]
	if _, err := proximity.ParseQR("mdoc:" + base64.RawURLEncoding.EncodeToString(raw)); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"another scheme": "https:" + base64.RawURLEncoding.EncodeToString(raw), "padding": "mdoc:" + base64.URLEncoding.EncodeToString(raw),
		"nothing": "mdoc:", "a line": "mdoc:" + base64.RawURLEncoding.EncodeToString(raw) + "\n", "too long": "mdoc:" + string(make([]byte, 9<<10)),
	} {
		if _, err := proximity.ParseQR(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	key := cbor.RawMessage(v["e_device_key_bytes"])
	for name, m := range map[string]any{
		"another version": map[int]any{0: "2.0", 1: []any{1, key}},
		"no version":      map[int]any{1: []any{1, key}},
		"no security":     map[int]any{0: "1.0"},
		"another suite":   map[int]any{0: "1.0", 1: []any{2, key}},
		"three":           map[int]any{0: "1.0", 1: []any{1, key, 1}},
		"a bare key":      map[int]any{0: "1.0", 1: []any{1, map[int]any{1: 2}}},
		"text keys":       map[string]any{"0": "1.0"},
	} {
		encoded, err := cbor.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proximity.ParseEngagement(encoded); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := proximity.ParseEngagement(append(bytes.Clone(raw), 0)); err == nil {
		t.Error("trailing byte: taken")
	}
}

func TestMACKeyWantsP256(t *testing.T) {
	if _, err := annexDSession(t, fixture.AnnexD(t)).MACKey(ed25519.PublicKey(make([]byte, 32))); err == nil {
		t.Error("an agreement with an Ed25519 key")
	}
}

// Annex D's reader certificate is not its root's, which is not published: a root that names its key stands in.
func TestAnnexDReader(t *testing.T) {
	v := fixture.AnnexD(t)
	requests, err := proximity.ParseDeviceRequest(v["device_request"])
	if err != nil {
		t.Fatal(err)
	}
	d := requests[0]
	if d.Items.DocType != "org.iso.18013.5.1.mDL" || len(d.Items.Namespaces["org.iso.18013.5.1"]) != 6 || !d.Items.Namespaces["org.iso.18013.5.1"]["family_name"] ||
		d.Items.Namespaces["org.iso.18013.5.1"]["portrait"] {
		t.Errorf("%+v", d.Items)
	}
	if err := proximity.VerifySignature(d, fixture.AnnexDTranscript(t)); err != nil {
		t.Errorf("readerAuth: %v", err)
	}
	if proximity.VerifySignature(d, []byte{0x83, 0xf6, 0xf6, 0xf6}) == nil {
		t.Error("readerAuth verifies for another session")
	}
	leaf, err := x509.ParseCertificate(v["reader_cert"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.VerifyReader(fixture.AnnexDTranscript(t), []*x509.Certificate{leaf}, time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("its own certificate as anchor: %v", err)
	}
	if _, err := d.VerifyReader(fixture.AnnexDTranscript(t), nil, now); !errors.Is(err, proximity.ErrReader) {
		t.Errorf("without a root: %v", err)
	}
}

// A request of Annex C that another's reader made: its signature covers the transcript that we make of its parameters.
func TestAnnexCRequest(t *testing.T) {
	file, err := os.ReadFile("../../conformance/vectors/mdoc/annexc_request.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Origin         string
		EncryptionInfo string `json:"encryption_info"`
		DeviceRequest  string `json:"device_request"`
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(v.DeviceRequest)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := proximity.ParseDeviceRequest(raw)
	if err != nil || len(requests) != 1 {
		t.Fatalf("%v", err)
	}
	transcript, err := mdoc.DCAPITranscript(v.EncryptionInfo, v.Origin)
	if err != nil {
		t.Fatal(err)
	}
	if err := proximity.VerifySignature(requests[0], transcript); err != nil {
		t.Errorf("readerAuth: %v", err)
	}
	for name, other := range map[string][2]string{"another origin": {v.EncryptionInfo, v.Origin + "/"}, "another key": {v.EncryptionInfo + "A", v.Origin}} {
		transcript, err := mdoc.DCAPITranscript(other[0], other[1])
		if err != nil || proximity.VerifySignature(requests[0], transcript) == nil {
			t.Errorf("%s: verifies, %v", name, err)
		}
	}
}

type readers struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
	leaf *x509.Certificate
}

func newReaders(t *testing.T, change func(*x509.Certificate)) readers {
	t.Helper()
	rootKey, key := fixture.Key(t), fixture.Key(t)
	root := fixture.Certify(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Synthetic reader root"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, &rootKey.PublicKey, rootKey)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Synthetic reader"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 6}},
	}
	if change != nil {
		change(template)
	}
	return readers{root, key, fixture.Certify(t, template, root, &key.PublicKey, rootKey)}
}

func (r readers) reader() proximity.Reader {
	return proximity.Reader{Chain: [][]byte{r.leaf.Raw}, Sign: es256.Signer(r.key)}
}

var (
	transcript = []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'x'}
	asked      = []proximity.Items{
		{DocType: "a", Namespaces: map[string]map[string]bool{"n": {"one": false, "two": true}}}, {DocType: "b", Namespaces: map[string]map[string]bool{"m": {"three": false}}},
	}
)

func TestDeviceRequestRoundTrip(t *testing.T) {
	r := newReaders(t, nil)
	raw, err := proximity.NewDeviceRequest(asked, transcript, r.reader())
	if err != nil {
		t.Fatal(err)
	}
	requests, err := proximity.ParseDeviceRequest(raw)
	if err != nil || len(requests) != 2 {
		t.Fatalf("%d, %v", len(requests), err)
	}
	for i, d := range requests {
		leaf, err := d.VerifyReader(transcript, []*x509.Certificate{r.root}, now)
		if err != nil || !leaf.Equal(r.leaf) || d.Items.DocType != asked[i].DocType || len(d.Items.Namespaces) != 1 {
			t.Errorf("%+v, %v", d.Items, err)
		}
	}
	if !requests[0].Items.Namespaces["n"]["two"] || requests[0].Items.Namespaces["n"]["one"] {
		t.Error("intent to retain is mixed up")
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if requests, err := proximity.ParseDeviceRequest(raw); err == nil && len(requests) == 2 {
			_, err1 := requests[0].VerifyReader(transcript, []*x509.Certificate{r.root}, now)
			_, err2 := requests[1].VerifyReader(transcript, []*x509.Certificate{r.root}, now)
			if err1 == nil && err2 == nil {
				t.Fatalf("bit %d changed, and both are authenticated", i)
			}
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

func TestReadersThatAreNot(t *testing.T) {
	for name, c := range map[string]struct {
		change     func(*x509.Certificate)
		transcript []byte
		at         time.Time
	}{
		"a document signer": {func(c *x509.Certificate) { c.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 0, 18013, 5, 1, 2}} }, transcript, now},
		"no usage":          {func(c *x509.Certificate) { c.UnknownExtKeyUsage = nil }, transcript, now},
		"no signatures":     {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }, transcript, now},
		"an authority":      {func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }, transcript, now},
		"ended":             {nil, transcript, now.Add(2 * time.Hour)},
		"not begun":         {nil, transcript, now.Add(-2 * time.Hour)},
		"another session":   {nil, []byte{0x83, 0xf6, 0xf6, 0x81, 0x61, 'y'}, now},
	} {
		r := newReaders(t, c.change)
		raw, err := proximity.NewDeviceRequest(asked[:1], transcript, r.reader())
		if err != nil {
			t.Fatal(err)
		}
		requests, err := proximity.ParseDeviceRequest(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := requests[0].VerifyReader(c.transcript, []*x509.Certificate{r.root}, c.at); !errors.Is(err, proximity.ErrReader) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := requests[0].VerifyReader(transcript, []*x509.Certificate{newReaders(t, nil).root}, now); !errors.Is(err, proximity.ErrReader) {
			t.Errorf("%s, another's root: %v", name, err)
		}
	}
}

func TestDeviceRequestRefuses(t *testing.T) {
	items := func(m map[string]any) cbor.Embedded {
		e, err := cbor.Embed(m)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	good := map[string]any{"docType": "a", "nameSpaces": map[string]any{"n": map[string]any{"x": true}}}
	with := func(members map[string]any) any {
		return map[string]any{"version": "1.0", "docRequests": []any{members}}
	}
	for name, m := range map[string]any{
		"another version":      map[string]any{"version": "2.0", "docRequests": []any{map[string]any{"itemsRequest": items(good)}}},
		"no documents":         map[string]any{"version": "1.0", "docRequests": []any{}},
		"a third member":       map[string]any{"version": "1.0", "docRequests": []any{map[string]any{"itemsRequest": items(good)}}, "x": 1},
		"items not embedded":   with(map[string]any{"itemsRequest": good}),
		"no items":             with(map[string]any{}),
		"no docType":           with(map[string]any{"itemsRequest": items(map[string]any{"docType": "", "nameSpaces": good["nameSpaces"]})}),
		"no namespaces":        with(map[string]any{"itemsRequest": items(map[string]any{"docType": "a", "nameSpaces": map[string]any{}})}),
		"an empty namespace":   with(map[string]any{"itemsRequest": items(map[string]any{"docType": "a", "nameSpaces": map[string]any{"n": map[string]any{}}})}),
		"an intent that is 1":  with(map[string]any{"itemsRequest": items(map[string]any{"docType": "a", "nameSpaces": map[string]any{"n": map[string]any{"x": 1}}})}),
		"readerAuth of a text": with(map[string]any{"itemsRequest": items(good), "readerAuth": "x"}),
		"readerAuth, no chain": with(map[string]any{"itemsRequest": items(good), "readerAuth": []any{[]byte{0xa1, 1, 0x26}, map[int]any{}, nil, make([]byte, 64)}}),
		"readerAuth, attached": with(map[string]any{"itemsRequest": items(good), "readerAuth": []any{[]byte{0xa1, 1, 0x26}, map[int]any{33: []byte{1}}, []byte{1}, make([]byte, 64)}}),
	} {
		raw, err := cbor.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proximity.ParseDeviceRequest(raw); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := proximity.ParseDeviceRequest(make([]byte, 65<<10)); err == nil {
		t.Error("too long: taken")
	}
	if _, err := proximity.NewDeviceRequest(nil, transcript, newReaders(t, nil).reader()); err == nil {
		t.Error("a request for nothing")
	}
}

func FuzzParseDeviceRequest(f *testing.F) {
	v := fixture.AnnexD(f)
	f.Add(v["device_request"])
	f.Fuzz(func(t *testing.T, raw []byte) {
		requests, err := proximity.ParseDeviceRequest(raw)
		if err != nil || bytes.Equal(raw, v["device_request"]) {
			return
		}
		for _, d := range requests {
			if _, err := d.VerifyReader(fixture.AnnexDTranscript(t), nil, now); err == nil {
				t.Error("a reader without a root is authenticated")
			}
		}
	})
}

func FuzzParseEngagement(f *testing.F) {
	v := fixture.AnnexD(f)
	f.Add(v["device_engagement"])
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := proximity.ParseEngagement(raw)
		if err != nil {
			return
		}
		reader, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s, err := proximity.NewSession(e, reader, nil)
		if err != nil || !bytes.Contains(s.Transcript(), raw) {
			t.Errorf("%v, or the transcript does not hold what was received", err)
		}
	})
}

func FuzzReceive(f *testing.F) {
	v := fixture.AnnexD(f)
	f.Add(v["session_data"])
	f.Add(v["session_termination"])
	one := annexDSession(f, v)
	f.Fuzz(func(t *testing.T, raw []byte) {
		data, err := proximity.Again(one).Receive(raw)
		if err == nil && data != nil && !bytes.Equal(data, v["device_response"]) {
			t.Error("a mutant decrypts")
		}
	})
}
