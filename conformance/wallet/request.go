package wallet

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Ask is what a verifier asks this wallet for, once its request object has been verified (OpenID4VP 1.0 §5).
type Ask struct {
	ClientID, Nonce, State, WalletNonce string
	ResponseMode                        string
	ResponseURI                         string   // by redirect
	Origin                              string   // over the Digital Credentials API: the page's
	Key                                 *EncKey  // to encrypt to; nil for an answer in the clear
	Encryption                          []string // A128GCM, A256GCM
	Object                              string   // as received
	claims                              object
}

// EncKey is the verifier's key for one answer.
type EncKey struct {
	Public *ecdsa.PublicKey
	ID     string
}

// ReadLink follows a verifier's link: it fetches the request object, by POST with a nonce of its own or by GET, and
// verifies it for roots.
func (w *Wallet) ReadLink(ctx context.Context, link string, roots *x509.CertPool, post bool) (*Ask, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, fmt.Errorf("read link: %w", err)
	}
	q := u.Query()
	a := &Ask{ClientID: q.Get("client_id")}
	if q.Get("request_uri") == "" || a.ClientID == "" || q.Get("request_uri_method") != "post" {
		return nil, errors.New("read link: client_id, request_uri or request_uri_method is missing")
	}
	method, header, body := http.MethodGet, map[string]string{}, ""
	if post {
		nonce := make([]byte, 16)
		if _, err := w.rand.Read(nonce); err != nil {
			return nil, err
		}
		a.WalletNonce = base64.RawURLEncoding.EncodeToString(nonce)
		method, body = http.MethodPost, url.Values{"wallet_nonce": {a.WalletNonce}}.Encode()
		header["Content-Type"] = "application/x-www-form-urlencoded"
	}
	r, err := w.send(ctx, method, q.Get("request_uri"), header, []byte(body))
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusOK || !r.isType("application/oauth-authz-req+jwt") {
		return nil, fmt.Errorf("fetch request object: %w", r.refusal())
	}
	return w.ReadObject(string(r.body), a.ClientID, a.WalletNonce, roots)
}

// ReadObject verifies a request object that was fetched for a link of clientID, with walletNonce if one was sent.
func (w *Wallet) ReadObject(object, clientID, walletNonce string, roots *x509.CertPool) (*Ask, error) {
	a := &Ask{Object: object, ClientID: clientID, WalletNonce: walletNonce}
	err := a.read(roots, w)
	if err != nil {
		return nil, err
	}
	if a.ResponseURI, err = a.claims.text("response_uri"); err != nil {
		return nil, err
	}
	if _, both := a.claims["redirect_uri"]; both {
		return nil, errors.New("both response_uri and redirect_uri")
	}
	a.State, err = a.claims.text("state")
	return a, err
}

// ReadAPI verifies a request that a page at origin made over the Digital Credentials API.
func (w *Wallet) ReadAPI(requestObject, origin string, roots *x509.CertPool) (*Ask, error) {
	a := &Ask{Object: requestObject, Origin: origin}
	if err := a.read(roots, w); err != nil {
		return nil, err
	}
	origins, err := a.claims.texts("expected_origins")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(origins, origin) {
		return nil, errors.New("the page is not at an origin the verifier expects")
	}
	if _, uri := a.claims["response_uri"]; uri {
		return nil, errors.New("response_uri over the Digital Credentials API")
	}
	return a, nil
}

func (a *Ask) read(roots *x509.CertPool, w *Wallet) error {
	t, err := parseToken(a.Object)
	if err != nil {
		return fmt.Errorf("read request object: %w", err)
	}
	a.claims = t.claims
	if t.header["typ"] != "oauth-authz-req+jwt" {
		return errors.New("read request object: typ")
	}
	id, err := a.claims.text("client_id")
	if err != nil || a.ClientID != "" && id != a.ClientID {
		return errors.New("client_id of the link and of the request object differ")
	}
	a.ClientID = id
	leaf, err := requestSigner(t, roots, w)
	if err != nil {
		return fmt.Errorf("read request object: %w", err)
	}
	if err := namesClient(leaf, id); err != nil {
		return err
	}
	if err := t.verify(leaf.PublicKey.(*ecdsa.PublicKey)); err != nil {
		return fmt.Errorf("read request object: %w", err)
	}
	return a.readClaims(w)
}

// requestSigner follows x5c, standard base64 of DER (RFC 7515 §4.1.6), to a root.
func requestSigner(t *token, roots *x509.CertPool, w *Wallet) (*x509.Certificate, error) {
	list, err := t.header.texts("x5c")
	if err != nil {
		return nil, err
	}
	var leaf *x509.Certificate
	between := x509.NewCertPool()
	for i, text := range list {
		der, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, err
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(c.RawIssuer, c.RawSubject) {
			return nil, errors.New("x5c holds a self-signed certificate")
		}
		if i == 0 {
			leaf = c
		} else {
			between.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: w.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if _, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok && err == nil {
		err = errors.New("not an ECDSA key")
	}
	return leaf, err
}

// namesClient checks the client identifier against the certificate (OpenID4VP 1.0 §5.9.3).
func namesClient(leaf *x509.Certificate, id string) error {
	prefix, rest, _ := strings.Cut(id, ":")
	digest := sha256.Sum256(leaf.Raw)
	switch {
	case prefix == "x509_hash" && rest == base64.RawURLEncoding.EncodeToString(digest[:]):
		return nil
	case prefix == "x509_san_dns" && slices.Contains(leaf.DNSNames, rest):
		return nil
	}
	return errors.New("the certificate is not the client's")
}

func (a *Ask) readClaims(w *Wallet) error {
	for name, want := range map[string]string{"aud": "https://self-issued.me/v2", "response_type": "vp_token"} {
		if got, err := a.claims.text(name); err != nil || got != want {
			return fmt.Errorf("%s is not %s", name, want)
		}
	}
	if got, _ := a.claims["wallet_nonce"].(string); got != a.WalletNonce {
		return errors.New("wallet_nonce is not the one that was sent")
	}
	exp, err := a.claims.number("exp")
	if err != nil || w.now().Unix() >= exp {
		return errors.New("the request has expired")
	}
	if a.Nonce, err = a.claims.text("nonce"); err != nil || len(a.Nonce) < 22 {
		return errors.New("nonce is missing, or of less than 128 bits")
	}
	if a.ResponseMode, err = a.claims.text("response_mode"); err != nil {
		return err
	}
	if strings.HasSuffix(a.ResponseMode, ".jwt") {
		return a.readKey()
	}
	return nil
}

func (a *Ask) readKey() error {
	metadata, err := a.claims.child("client_metadata")
	if err != nil {
		return err
	}
	set, err := metadata.child("jwks")
	if err != nil {
		return err
	}
	list, err := set.objects("keys")
	if err != nil || len(list) != 1 {
		return errors.New("client_metadata does not hold one key")
	}
	jwk := list[0]
	if jwk["use"] != "enc" || jwk["alg"] != "ECDH-ES" || jwk["d"] != nil {
		return errors.New("the verifier's key is not one to encrypt to")
	}
	a.Key = &EncKey{}
	if a.Key.ID, err = jwk.text("kid"); err != nil {
		return err
	}
	if a.Key.Public, err = jwkKey(jwk); err != nil {
		return err
	}
	a.Encryption, err = metadata.texts("encrypted_response_enc_values_supported")
	return err
}

// Claims returns what the request object says, for tests that look at it.
func (a *Ask) Claims() map[string]any { return plain(a.claims).(map[string]any) }

// thumbprint is the RFC 7638 SHA-256 thumbprint of the verifier's key, nil when there is none.
func (a *Ask) thumbprint() []byte {
	if a.Key == nil {
		return nil
	}
	point, err := a.Key.Public.Bytes()
	if err != nil {
		return nil
	}
	enc := base64.RawURLEncoding.EncodeToString
	digest := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + enc(point[1:33]) + `","y":"` + enc(point[33:]) + `"}`))
	return digest[:]
}

// Thumbprint is the RFC 7638 SHA-256 thumbprint of the key that the answer is encrypted to, nil when there is none.
func (a *Ask) Thumbprint() []byte { return a.thumbprint() }

// Transcript is the SessionTranscript of an answer to this request (OpenID4VP 1.0 Appendix B.2.6).
func (a *Ask) Transcript() []byte {
	if a.Origin == "" {
		return OID4VPTranscript(a.ClientID, a.Nonce, a.ResponseURI, a.thumbprint())
	}
	var thumbprint any
	if t := a.thumbprint(); t != nil {
		thumbprint = t
	}
	info := mustEncode([]any{a.Origin, a.Nonce, thumbprint})
	digest := sha256.Sum256(info)
	return mustEncode([]any{nil, nil, []any{"OpenID4VPDCAPIHandover", digest[:]}})
}

// Audience is aud of a JWT presentation.
func (a *Ask) Audience() string {
	if a.Origin != "" {
		return "origin:" + a.Origin
	}
	return a.ClientID
}
