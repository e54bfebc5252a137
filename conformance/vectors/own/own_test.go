package own_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"crypto/ecdsa"
	"justice-wallet/conformance/record"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/vectors/own"
	"justice-wallet/issuer"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/letter"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/verifier"
)

// vectors reads a file as somebody else would, and counts its cases for the report.
func vectors(t *testing.T, name string) own.File {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var f own.File
	if err := json.Unmarshal(content, &f); err != nil {
		t.Fatal(err)
	}
	if name != own.KeyFile && (len(f.Cases) < 7 || !f.Now.Equal(own.Now)) {
		t.Fatalf("%s has %d cases, at %v", name, len(f.Cases), f.Now)
	}
	return f
}

// try holds every case of a file to its outcome.
func try(t *testing.T, name string, outcome func(t *testing.T, f own.File, input map[string]string) string) {
	t.Helper()
	f, failed := vectors(t, name), 0
	for _, c := range f.Cases {
		if !t.Run(name+" "+c.Name, func(t *testing.T) {
			if got := outcome(t, f, c.Input); !strings.HasPrefix(got, c.Outcome) || c.Outcome == "" || c.Why == "" && c.Outcome != "valid" && c.Outcome != "accepted" {
				t.Errorf("%s, want %s (%s)", got, c.Outcome, c.Why)
			}
		}) {
			failed++
		}
	}
	line := record.Line{Kind: record.KindVectors, Group: "our own", Name: name, Count: len(f.Cases), Failed: failed}
	if err := record.Write(os.Getenv(record.Variable), line); err != nil {
		t.Error(err)
	}
}

// The files are what the generator makes, byte for byte: go run ./conformance/cmd/vectors
func TestTheSameBytesComeOutAgain(t *testing.T) {
	files, err := own.Files()
	if err != nil {
		t.Fatal(err)
	}
	again, err := own.Files()
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		want, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := again[i].Encode(); err != nil || !bytes.Equal(twice, want) {
			t.Errorf("%s: two runs make two files (%v)", f.Name, err)
		}
		if got, err := os.ReadFile(f.Name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is made (%v): go run ./conformance/cmd/vectors", f.Name, err)
		}
	}
}

// web answers the verifier: an issuer's key documents and, at the address of the list, what a test says.
type web struct {
	mediaType string
	list      []byte
	documents map[string]any
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	body, mediaType := w.list, w.mediaType
	if r.URL.String() != own.List {
		var err error
		if body, err = json.Marshal(w.documents[r.URL.String()]); err != nil {
			return nil, err
		}
		mediaType = "application/json"
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {mediaType}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

// checker is our verifier, at the time of the vectors, trusting their issuer.
func checker(t *testing.T) (*web, func(body map[string]string) string) {
	t.Helper()
	with := vectors(t, own.KeyFile).With
	w := &web{mediaType: "application/statuslist+jwt", documents: map[string]any{
		own.Issuer + "/.well-known/did.json": with["didDocument"], own.Issuer + "/.well-known/jwks.json": with["jwks"],
	}}
	trust, err := json.Marshal(map[string]any{
		"iacas":       []any{map[string]any{"pem": with["iaca"], "documents": []string{own.Document}}},
		"issuers":     []any{map[string]any{"issuer": own.Issuer, "did": own.DID, "document": own.Issuer + "/.well-known/did.json"}},
		"statusLists": []any{map[string]any{"prefix": own.Issuer + "/t/", "jwks": own.Issuer + "/.well-known/jwks.json"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range vectors(t, "statuslist_jwt.json").Cases {
		if c.Name == "good" {
			w.list = []byte(c.Input["token"])
		}
	}
	v, err := verifier.New(verifier.Config{Trust: trust}, verifier.Deps{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return own.Now }, Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	return w, func(body map[string]string) string {
		content, err := json.Marshal(body)
		if err != nil {
			return err.Error()
		}
		r := httptest.NewRequest(http.MethodPost, "/verify", bytes.NewReader(content))
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		v.ServeHTTP(answer, r)
		var result struct{ Verdict, Reason string }
		if json.Unmarshal(answer.Body.Bytes(), &result) != nil || answer.Code != http.StatusOK {
			return answer.Body.String()
		}
		return strings.TrimSpace(result.Verdict + " " + result.Reason)
	}
}

func text(f own.File, name string) string {
	s, _ := f.With[name].(string) // a file without it has no good case
	return s
}

func TestOurVerifierSaysSo(t *testing.T) {
	_, verify := checker(t)
	try(t, "issuersigned.json", func(_ *testing.T, _ own.File, in map[string]string) string {
		return verify(map[string]string{"issuerSigned": in["issuerSigned"]})
	})
	try(t, "deviceresponse.json", func(_ *testing.T, f own.File, in map[string]string) string {
		return verify(map[string]string{"deviceResponse": in["deviceResponse"], "sessionTranscript": text(f, "sessionTranscript")})
	})
	try(t, "jwtcredential.json", func(_ *testing.T, _ own.File, in map[string]string) string {
		return verify(map[string]string{"vcJwt": in["vcJwt"]})
	})
	try(t, "sdjwt.json", func(_ *testing.T, f own.File, in map[string]string) string {
		return verify(map[string]string{"sdJwt": in["sdJwt"], "nonce": text(f, "nonce"), "audience": text(f, "audience")})
	})
}

func TestOurVerifierReadsTheLists(t *testing.T) {
	try(t, "statuslist_jwt.json", func(t *testing.T, f own.File, in map[string]string) string {
		w, verify := checker(t)
		w.list = []byte(in["token"])
		return verify(map[string]string{"vcJwt": text(f, "vcJwt")})
	})
	try(t, "statuslist_cwt.json", func(t *testing.T, f own.File, in map[string]string) string {
		w, verify := checker(t)
		raw, err := base64.RawURLEncoding.DecodeString(in["token"])
		if err != nil {
			t.Fatal(err)
		}
		w.list, w.mediaType = raw, "application/statuslist+cwt"
		return verify(map[string]string{"vcJwt": text(f, "vcJwt")})
	})
	try(t, "bitstring.json", func(t *testing.T, _ own.File, in map[string]string) string {
		list, err := statuslist.DecodeBitstring(in["encodedList"], 1, 0)
		if err != nil {
			return "refused"
		}
		for i := range list.Len() {
			if v, err := list.Get(i); err != nil || (v != 0) != (i == 4) {
				t.Errorf("entry %d is %d (%v)", i, v, err)
			}
		}
		return "accepted"
	})
}

func TestOurReaderOfLettersSaysSo(t *testing.T) {
	content, err := json.Marshal(vectors(t, own.KeyFile).With["letterKeys"])
	if err != nil {
		t.Fatal(err)
	}
	set, err := jose.ParseSet(content)
	if err != nil {
		t.Fatal(err)
	}
	try(t, "letter.json", func(_ *testing.T, _ own.File, in map[string]string) string {
		token, err := letter.Parse(in["letter"])
		if err != nil {
			return "refused"
		}
		key, _ := set.Lookup(token.KeyID())
		p256, _ := key.(*ecdsa.PublicKey) // another key verifies nothing
		if says, err := token.Verify(p256); err != nil || !says.Valid(own.Now) {
			return "refused"
		}
		return "accepted"
	})
}

// wicket is our issuer at the time of the vectors, with their offer, trusting their authorisation server.
func wicket(t *testing.T) (post func(token, proof string) string) {
	t.Helper()
	keys, err := json.Marshal(vectors(t, own.KeyFile).With["serverKeys"])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(keys) // who asked may have gone
	}))
	t.Cleanup(server.Close)
	r, err := rig.Start(context.Background(), rig.Options{
		Now: func() time.Time { return own.Now }, IssuerURL: own.Issuer,
		Configure: func(c *issuer.Config) { c.AuthServer, c.AuthServerJWKS = own.Server, server.URL },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	offer := issuance.Offer{
		ID: own.OfferID, Configuration: own.Document, Subject: own.Subject, Record: issuance.Record{Person: "A0001SY"},
		Created: own.Now.Add(-time.Minute), Expires: own.Now.Add(time.Minute),
	}
	if err := r.Store.PutOffer(context.Background(), offer); err != nil {
		t.Fatal(err)
	}
	return func(token, proof string) string {
		body, err := json.Marshal(map[string]any{"proof": map[string]string{"proof_type": "jwt", "jwt": proof}})
		if err != nil {
			return err.Error()
		}
		request := httptest.NewRequest(http.MethodPost, "/credential", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		r.Issuer.ServeHTTP(answer, request)
		var refused struct{ Error string }
		_ = json.Unmarshal(answer.Body.Bytes(), &refused) // a refusal of a token has no body
		if answer.Code == http.StatusOK {
			return "accepted"
		}
		return strings.TrimSpace("refused " + refused.Error)
	}
}

func TestOurIssuerSaysSo(t *testing.T) {
	post := wicket(t)
	try(t, "proof.json", func(_ *testing.T, f own.File, in map[string]string) string {
		return post(text(f, "accessToken"), in["proof"])
	})
	proofs := vectors(t, "proof.json").Cases
	good := proofs[len(proofs)-1].Input["proof"]
	post = wicket(t) // with nothing spent
	try(t, "accesstoken.json", func(_ *testing.T, _ own.File, in map[string]string) string { return post(in["accessToken"], good) })
}
