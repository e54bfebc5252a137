package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"justice-wallet/conformance/wallet"
)

// walletClient is the iss of every proof GOV.UK Wallet makes.
const walletClient = "urn:fdc:gov:uk:wallet"

// accessLife is that of the harness's access tokens.
const accessLife = 180 * time.Second

// issuerVisit is one run against an issuer.
type issuerVisit struct {
	*visitor
	o              IssuerOptions
	rec            *IssuerRecord
	device         *ecdsa.PrivateKey
	stranger       *ecdsa.PrivateKey // signs what only another could sign
	identifier     string            // the offer's credential identifier
	configuration  string
	nonce          string // one c_nonce for every attempt on one offer, as the harness has it
	offersTaken    int
	issued         bool
	notificationID string
}

func newIssuerVisit(o IssuerOptions) (*issuerVisit, error) {
	v := &issuerVisit{visitor: newVisitor(o.HTTP, o.Limits, o.Now()), o: o, device: o.Device}
	var err error
	if v.device == nil {
		if v.device, err = ecdsa.GenerateKey(elliptic.P256(), o.Rand); err != nil {
			return nil, err
		}
	}
	if v.stranger, err = ecdsa.GenerateKey(elliptic.P256(), o.Rand); err != nil {
		return nil, err
	}
	v.rec = &IssuerRecord{Record: v.record, URL: o.URL, AuthServer: o.Server.URL, ClientID: o.ClientID, Subject: o.Subject, Device: &v.device.PublicKey}
	return v, nil
}

// takeOffer reads the next offer.
func (v *issuerVisit) takeOffer() error {
	if v.offersTaken == len(v.o.Offers) {
		return errors.New("no offer is left")
	}
	offer, err := wallet.ParseOffer(v.o.Offers[v.offersTaken])
	if err != nil {
		return err
	}
	v.offersTaken++
	t, err := wallet.ParseJWS(offer.Code)
	if err != nil {
		return err
	}
	v.configuration, v.identifier = offer.Configuration, onlyOne(t.Claims["credential_identifiers"])
	if v.identifier == "" {
		return errors.New("the code names no credential identifier")
	}
	v.nonce, err = v.uuid()
	v.rec.Secrets = append(v.rec.Secrets, v.nonce, v.identifier)
	return err
}

// attempt is one credential request: what is bent in it, if anything.
type attempt struct {
	refresh  bool   // its token names no credential identifier
	nonce    string // of the token and the proof; the offer's when empty
	token    func(v *issuerVisit, header, claims map[string]any)
	rawToken func(v *issuerVisit, token string) string
	proof    func(v *issuerVisit, header, claims map[string]any)
	rawProof func(v *issuerVisit, proof string) string
	request  func(q *question, token, proof string)
}

// access mints an access token as GOV.UK's harness does: with neither iat, nbf, client_id nor scope.
func (v *issuerVisit) access(a attempt) (string, error) {
	id, err := v.uuid()
	if err != nil {
		return "", err
	}
	header := map[string]any{"alg": "ES256", "typ": "at+jwt"}
	claims := map[string]any{
		"sub": v.o.Subject, "iss": v.o.Server.URL, "aud": v.o.URL, "jti": id, "c_nonce": v.nonceOf(a),
		"exp": v.o.Now().Add(accessLife).Unix(), "credential_configuration_ids": []string{v.configuration},
	}
	if !a.refresh {
		claims["credential_identifiers"] = []string{v.identifier}
	}
	if a.token != nil {
		a.token(v, header, claims)
	}
	token, err := v.o.Server.Sign(v.o.Rand, header, claims)
	if err == nil && a.rawToken != nil {
		token = a.rawToken(v, token)
	}
	return token, err
}

func (v *issuerVisit) nonceOf(a attempt) string {
	if a.nonce != "" {
		return a.nonce
	}
	return v.nonce
}

// possession makes the proof that GOV.UK Wallet makes.
func (v *issuerVisit) possession(a attempt) (string, error) {
	did, err := wallet.DIDKey(&v.device.PublicKey)
	if err != nil {
		return "", err
	}
	header := map[string]any{"alg": "ES256", "typ": "openid4vci-proof+jwt", "kid": did}
	claims := map[string]any{"iss": walletClient, "aud": v.o.URL, "nonce": v.nonceOf(a), "iat": v.o.Now().Unix()}
	if a.proof != nil {
		a.proof(v, header, claims)
	}
	proof, err := wallet.SignJWS(v.o.Rand, v.device, header, claims)
	if err == nil && a.rawProof != nil {
		proof = a.rawProof(v, proof)
	}
	return proof, err
}

// credential makes and sends one attempt.
func (v *issuerVisit) credential(ctx context.Context, step, sent string, a attempt) error {
	token, err := v.access(a)
	if err != nil {
		return err
	}
	return v.credentialWith(ctx, step, sent, a, token)
}

func (v *issuerVisit) credentialWith(ctx context.Context, step, sent string, a attempt, token string) error {
	q, err := v.credentialRequest(step, sent, a, token)
	if err == nil {
		v.ask(ctx, q)
	}
	return err
}

func (v *issuerVisit) credentialRequest(step, sent string, a attempt, token string) (question, error) {
	proof, err := v.possession(a)
	if err != nil {
		return question{}, err
	}
	q := question{step: step, sent: sent, method: http.MethodPost, url: v.o.URL + "/credential", header: bearer(token), body: proofBody(proof)}
	if a.request != nil {
		a.request(&q, token, proof)
	}
	return q, nil
}

func bearer(token string) map[string]string {
	return map[string]string{"Content-Type": "application/json", "Accept": "application/json", "Authorization": "Bearer " + token}
}

func proofBody(proof string) string { return `{"proof":{"proof_type":"jwt","jwt":"` + proof + `"}}` }

// attempts makes every bad request, then the true one, and all that follows it. After a bad request that is accepted the
// offer is spent: the next one is taken or, when there is none, the bad requests end.
func (v *issuerVisit) attempts(ctx context.Context) error {
	for _, f := range faults() {
		if err := v.credential(ctx, f.id, f.sent, f.attempt); err != nil {
			return err
		}
		if accepted := v.record.Steps[f.id].Answer; accepted.Status == http.StatusOK && v.takeOffer() != nil {
			v.keep(question{step: stepIssue, sent: f.sent, method: http.MethodPost, url: v.o.URL + "/credential"}, accepted)
			v.issued = true
			break
		}
	}
	if !v.issued {
		if err := v.issue(ctx); err != nil {
			return err
		}
	}
	return v.afterwards(ctx)
}

// Steps of what follows the true request.
const (
	stepRedeem          = "redeem.again"
	stepRedeemToken     = "redeem.token"
	stepRefreshNonce    = "refresh.nonce"
	stepRefreshToken    = "refresh.token"
	stepRefreshStranger = "refresh.subject"
	stepRace            = "refresh.race"
	raced               = 4
)

// issue makes the true request, notifies under its token as the harness does, and sends the same token once more.
func (v *issuerVisit) issue(ctx context.Context) error {
	token, err := v.access(attempt{})
	if err != nil {
		return err
	}
	if err := v.credentialWith(ctx, stepIssue, "a good token and a good proof", attempt{}, token); err != nil {
		return err
	}
	v.issued = true
	if err := v.notifications(ctx, token); err != nil {
		return err
	}
	return v.credentialWith(ctx, stepRedeemToken, "the token of the issued document once more", attempt{}, token)
}

func (v *issuerVisit) afterwards(ctx context.Context) error {
	fresh, err := v.fresh()
	if err != nil {
		return err
	}
	token, err := v.access(fresh)
	if err != nil {
		return err
	}
	other := func(_ *issuerVisit, _, claims map[string]any) { claims["sub"] = otherSubject }
	stranger, err := v.fresh()
	if err != nil {
		return err
	}
	stranger.token = other
	return errors.Join(
		v.credential(ctx, stepRedeem, "a new token for the offer that was redeemed", attempt{}),
		v.credential(ctx, stepRefreshNonce, "a refresh with the nonce of the issued document", attempt{refresh: true}),
		v.credential(ctx, stepRefreshStranger, "a refresh for somebody who never held the document", stranger),
		v.credentialWith(ctx, stepRefresh, "a refresh: a token without credential_identifiers, and a new nonce", fresh, token),
		v.credentialWith(ctx, stepRefreshToken, "the token of the refresh once more", fresh, token),
		v.race(ctx),
	)
}

func (v *issuerVisit) fresh() (attempt, error) {
	nonce, err := v.uuid()
	return attempt{refresh: true, nonce: nonce}, err
}

// race sends one good refresh several times at once.
func (v *issuerVisit) race(ctx context.Context) error {
	a, err := v.fresh()
	if err != nil {
		return err
	}
	token, err := v.access(a)
	if err != nil {
		return err
	}
	q, err := v.credentialRequest(stepRace, "one refresh, sent several times at once", a, token)
	if err != nil {
		return err
	}
	if v.gone(q.url) {
		return nil
	}
	var answers [raced]Answer
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = v.attend(ctx, q) })
	}
	all.Wait()
	for i, a := range answers {
		q.step = fmt.Sprintf("%s.%d", stepRace, i+1)
		v.keep(q, a)
	}
	return nil
}

// uuid returns a random UUID (RFC 9562 §5.4).
func (v *issuerVisit) uuid() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(v.o.Rand, b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-"), nil
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("check: " + err.Error()) // a mistake in this package, never in input
	}
	return string(b)
}
