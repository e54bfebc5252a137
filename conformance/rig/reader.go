package rig

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/oid4vp"
	"justice-wallet/pkg/purpose"
	"justice-wallet/verifier"
)

// OrganisationKey is the key of the rig's synthetic organisation of a type.
func OrganisationKey(organisation string) string {
	return "synthetic-key-of-the-synthetic-organisation-" + organisation
}

// mdlReader is the extended key usage of reader authentication (ISO 18013-5 Annex B.1.7).
var mdlReader = asn1.ObjectIdentifier{1, 0, 18013, 5, 1, 6}

// presentations makes the verifier one that asks: a reader certificate of a root of its own, and one organisation of
// every type in the register.
func (r *Rig) presentations(c *document.Catalogue) (*verifier.Presentations, error) {
	register, err := purpose.Shipped(c)
	if err != nil {
		return nil, err
	}
	key, leaf, root, err := readerCertificates(r.options.Now())
	if err != nil {
		return nil, fmt.Errorf("make the reader's certificate: %w", err)
	}
	r.ReaderRoot = root
	var organisations []verifier.Organisation
	for _, o := range register.Organisations() {
		digest := sha256.Sum256([]byte(OrganisationKey(o.Type)))
		organisations = append(organisations, verifier.Organisation{
			ID: Organisation(o.Type), Name: "Synthetic " + o.Type, Type: o.Type, KeySHA256: hex.EncodeToString(digest[:]),
		})
	}
	file, err := json.Marshal(map[string]any{"organisations": organisations})
	if err != nil {
		return nil, err
	}
	prefix := r.options.ClientIDPrefix
	if prefix == "" {
		prefix = oid4vp.PrefixX509Hash
	}
	return &verifier.Presentations{
		URL: r.VerifierURL, Organisations: file, Key: key, Chain: []*x509.Certificate{leaf}, Prefix: prefix, Link: r.walletLink("/authorize", "openid4vp://authorize"), Register: register,
	}, nil
}

func readerCertificates(now time.Time) (key *ecdsa.PrivateKey, leaf, root *x509.Certificate, err error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, nil, nil, err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic reader root"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	if root, err = certificate(authority, authority, &rootKey.PublicKey, rootKey); err != nil {
		return nil, nil, nil, err
	}
	leaf, err = certificate(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"GB"}, CommonName: "Synthetic reader"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 6, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		UnknownExtKeyUsage: []asn1.ObjectIdentifier{mdlReader}, DNSNames: []string{"127.0.0.1", "localhost"},
	}, root, &key.PublicKey, rootKey)
	return key, leaf, root, err
}

func certificate(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Roots is what a wallet trusts for requests.
func (r *Rig) Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(r.ReaderRoot)
	return pool
}

// Presentation is one check that an organisation began, and the browser it belongs to.
type Presentation struct {
	ID        string
	Link      string
	Message   string // in person: for the holder's device, base64url
	DCRequest struct {
		Protocol string
		Data     struct{ Request, DeviceRequest, EncryptionInfo string }
	}
	Cookie *http.Cookie

	rig *Rig
}

// PresentationResult is what the browser is told.
type PresentationResult struct {
	State     string
	Purpose   string
	Verdict   string
	Reason    string
	Receipt   string
	Words     struct{ Heading, Body, Professional, Engineer string }
	Documents []struct {
		ID       string
		Document string
		Needed   bool
		Result
	}
	Message string // of a relayed message
	Body    string // as received
}

// Begin has an organisation begin a check.
func (r *Rig) Begin(ctx context.Context, organisation, purpose, flow, mode string) (*Presentation, error) {
	return r.begin(ctx, organisation, map[string]string{"purpose": purpose, "flow": flow, "responseMode": mode})
}

// BeginInPerson has an organisation begin a check with the device that shows a QR code.
func (r *Rig) BeginInPerson(ctx context.Context, organisation, purpose, engagement string) (*Presentation, error) {
	return r.begin(ctx, organisation, map[string]string{"purpose": purpose, "flow": "in_person", "engagement": engagement})
}

func (r *Rig) begin(ctx context.Context, organisation string, start map[string]string) (*Presentation, error) {
	body, err := json.Marshal(start)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.VerifierURL+"/presentations", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+OrganisationKey(organisation))
	response, err := r.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	check := &Presentation{rig: r}
	if response.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(response.Body) // the status says enough
		return nil, fmt.Errorf("begin a check: %d %s", response.StatusCode, text)
	}
	if err := json.NewDecoder(response.Body).Decode(check); err != nil {
		return nil, err
	}
	if cookies := response.Cookies(); len(cookies) == 1 {
		check.Cookie = cookies[0]
	}
	return check, nil
}

// Result asks how the check stands, with the browser's cookie.
func (c *Presentation) Result(ctx context.Context, responseCode string) (PresentationResult, int, error) {
	address := c.rig.VerifierURL + "/presentations/" + c.ID
	if responseCode != "" {
		address += "?" + url.Values{"response_code": {responseCode}}.Encode()
	}
	return c.send(ctx, http.MethodGet, address, nil)
}

// RespondAPI brings what the browser's API gave the page.
func (c *Presentation) RespondAPI(ctx context.Context, protocol string, data any) (int, error) {
	body, err := json.Marshal(map[string]any{"protocol": protocol, "data": data})
	if err != nil {
		return 0, err
	}
	_, status, err := c.send(ctx, http.MethodPost, c.rig.VerifierURL+"/presentations/"+c.ID+"/response", body)
	return status, err
}

// Relay brings a message of the holder's device, and returns the one to send back; both are base64url.
func (c *Presentation) Relay(ctx context.Context, message string) (string, int, error) {
	body, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		return "", 0, err
	}
	result, status, err := c.send(ctx, http.MethodPost, c.rig.VerifierURL+"/presentations/"+c.ID+"/messages", body)
	return result.Message, status, err
}

func (c *Presentation) send(ctx context.Context, method, address string, body []byte) (PresentationResult, int, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return PresentationResult{}, 0, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.Cookie != nil {
		request.AddCookie(c.Cookie)
	}
	response, err := c.rig.HTTP.Do(request)
	if err != nil {
		return PresentationResult{}, 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return PresentationResult{}, 0, err
	}
	result := PresentationResult{Body: string(text)}
	if len(text) > 0 {
		err = json.Unmarshal(text, &result)
	}
	return result, response.StatusCode, err
}
