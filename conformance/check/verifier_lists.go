package check

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"justice-wallet/conformance/wallet"
)

// Lists publishes the status lists of the documents that bad wallets show: one that is good, one that another signed, and
// none where a third should be. The verifier under judgement must trust URL + "/t/", with the keys at URL +
// "/.well-known/jwks.json".
type Lists struct {
	URL           string
	key, stranger *ecdsa.PrivateKey
	rand          io.Reader
	now           func() time.Time
}

// Entries and lists.
const (
	listGood    = "/t/good"
	listForged  = "/t/forged"
	listExpired = "/t/expired"
	listMissing = "/t/missing"

	entryValid   = 11
	entryRevoked = 12
	listEntries  = 131_072
	listsKeyID   = "lists-of-check"
)

// NewLists makes them, with a new key.
func NewLists(url string, rand io.Reader, now func() time.Time) (*Lists, error) {
	l := &Lists{URL: url, rand: rand, now: now}
	for _, k := range []**ecdsa.PrivateKey{&l.key, &l.stranger} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand)
		if err != nil {
			return nil, err
		}
		*k = key
	}
	return l, nil
}

// ServeHTTP serves the key and the lists.
func (l *Lists) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, life := l.key, time.Hour
	switch r.URL.Path {
	case "/.well-known/jwks.json":
		jwk := publicJWK(&l.key.PublicKey, listsKeyID)
		jwk["use"], jwk["alg"] = "sig", "ES256"
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"keys": []any{jwk}}); err != nil {
			return // the verifier has gone: its verdict will say so
		}
		return
	case listGood:
	case listForged:
		key = l.stranger
	case listExpired:
		life = -time.Hour
	default:
		http.NotFound(w, r)
		return
	}
	token, err := l.list(r.URL.Path, key, life)
	if err != nil {
		http.Error(w, "could not sign", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", typeListJWT)
	w.Header().Set("Cache-Control", "max-age=60")
	if _, err := io.WriteString(w, token); err != nil {
		return // likewise
	}
}

func (l *Lists) list(path string, key *ecdsa.PrivateKey, life time.Duration) (string, error) {
	packed := make([]byte, listEntries/4)
	packed[entryRevoked/4] |= 1 << (entryRevoked % 4 * 2)
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(packed); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	made := l.now().Add(-2 * time.Hour)
	return wallet.SignJWS(l.rand, key, map[string]any{"alg": "ES256", "typ": "statuslist+jwt", "kid": listsKeyID}, map[string]any{
		"iss": l.URL, "sub": l.URL + path, "iat": made.Unix(), "exp": l.now().Add(life).Unix(), "ttl": 14400,
		"status_list": map[string]any{"bits": 2, "lst": encodeBase64URL(b.Bytes())},
	})
}

func encodeBase64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
