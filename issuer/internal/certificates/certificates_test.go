package certificates_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"justice-wallet/issuer/internal/certificates"
	"justice-wallet/keys"
	"justice-wallet/pkg/httpserver"
)

const self = "https://issuer.test"

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// world is the door over a ring that the test changes.
type world struct {
	keys.Keyring
	all    []keys.Key
	now    time.Time
	signed int
	away   error
	server *httpserver.Server
}

// signer counts what a key signs, and fails while the world says so.
type signer struct {
	crypto.Signer
	w *world
}

func (s signer) Sign(random io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	s.w.signed++
	if s.w.away != nil {
		return nil, s.w.away
	}
	return s.Signer.Sign(random, digest, o)
}

func (w *world) All() []keys.Key {
	out := append([]keys.Key{}, w.all...)
	for i := range out {
		if out[i].Purpose == keys.PurposeIACA {
			out[i].Signer = signer{out[i].Signer, w}
		}
	}
	return out
}

func newWorld(t *testing.T) *world {
	t.Helper()
	all, err := keys.Generate(keys.Authority{Name: "Synthetic IACA", URL: self, CRL: self + "/crl", Country: "GB"}, start)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{all: all, now: start}
	w.server = httpserver.New(httpserver.Options{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }})
	lists := certificates.New(w, self, func() time.Time { return w.now })
	w.server.Handle(http.MethodGet, "/crl", lists.Get)
	w.server.Handle(http.MethodGet, "/crl/:id", lists.Get)
	return w
}

func (w *world) get(t *testing.T, path string) *http.Response {
	t.Helper()
	answer := httptest.NewRecorder()
	w.server.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
	return answer.Result()
}

func (w *world) list(t *testing.T) *x509.RevocationList {
	t.Helper()
	point := w.all[0].Chain[0].CRLDistributionPoints[0]
	r := w.get(t, point[len(self):])
	content, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "application/pkix-crl" {
		t.Fatalf("%v: %d %s", err, r.StatusCode, r.Header.Get("Content-Type"))
	}
	list, err := x509.ParseRevocationList(content)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(w.all[0].Chain[0]); err != nil {
		t.Fatal(err)
	}
	return list
}

// The list is where the certificates say, says who was revoked as soon as that is known, and is signed once for all who ask.
func TestTheListIsWhereTheCertificatesSay(t *testing.T) {
	w := newWorld(t)
	first := w.list(t)
	if again := w.list(t); !bytes.Equal(again.Raw, first.Raw) || w.signed != 1 || len(first.RevokedCertificateEntries) != 0 {
		t.Errorf("signed %d times, %d entries", w.signed, len(first.RevokedCertificateEntries))
	}
	w.now = start.Add(time.Hour)
	w.all[1].State = keys.StateRevoked
	w.all[1].Status = keys.Status{State: keys.StateRevoked, Reason: keys.ReasonCompromised, Changed: w.now}
	second := w.list(t)
	if len(second.RevokedCertificateEntries) != 1 || second.Number.Cmp(first.Number) <= 0 {
		t.Errorf("after a revocation: %+v", second)
	}
	w.now = w.now.Add(13 * time.Hour)
	if third := w.list(t); !third.ThisUpdate.After(second.ThisUpdate) || len(third.RevokedCertificateEntries) != 1 || w.signed != 3 {
		t.Errorf("half a day later: %+v", third)
	}
}

func TestAListIsServedWhileTheKeyIsAway(t *testing.T) {
	w := newWorld(t)
	first := w.list(t)
	w.away = errors.New("the token is not in its slot")
	w.now = start.Add(24 * time.Hour)
	if again := w.list(t); !bytes.Equal(again.Raw, first.Raw) {
		t.Error("another list")
	}
	w.now = first.NextUpdate
	if r := w.get(t, "/crl/"+w.all[0].ID[:16]); r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a list that is over: %d", r.StatusCode)
	}
	w.away = nil
	w.list(t)
}

func TestNoOtherList(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/crl", "/crl/0123456789abcdef", "/crl/" + w.all[0].ID} {
		if r := w.get(t, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	w.all[0].State = keys.StateRevoked
	if r := w.get(t, "/crl/"+w.all[0].ID[:16]); r.StatusCode != http.StatusNotFound {
		t.Errorf("the list of a revoked root: %d", r.StatusCode)
	}
}
