package check

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"justice-wallet/conformance/wallet"
)

// IssuerOptions say which issuer is judged, and what it was told. All but Device are required.
type IssuerOptions struct {
	HTTP     *http.Client
	Limits   Limits
	Now      func() time.Time
	Rand     io.Reader
	Server   *Server  // the token service that the issuer trusts
	URL      string   // the issuer, without a trailing slash
	Offers   []string // fresh offer links, of one configuration; those after the first are used when a bad request is accepted
	Subject  string   // the wallet subject identifier that they were made for
	ClientID string   // the issuer's client id at the token service

	Device *ecdsa.PrivateKey // the wallet's key; a new one when nil
}

// IssuerRecord is everything that was asked of an issuer, and what it was told.
type IssuerRecord struct {
	*Record
	URL, AuthServer, ClientID, Subject string
	Device                             *ecdsa.PublicKey
	Secrets                            []string // what no refusal may quote

	read *reading
}

// reading keeps the metadata, which nearly every rule looks at, once it is decoded.
type reading struct {
	of       Answer
	metadata map[string]any
	err      error
}

// remember decodes the metadata, unless that was done.
func (r *IssuerRecord) remember() {
	a, err := r.step(stepMetadata)
	if err != nil {
		r.read = &reading{err: needs(err)}
		return
	}
	if r.read != nil && r.read.of.Status == a.Status && bytes.Equal(r.read.of.Body, a.Body) && r.read.of.isType("application/json") == a.isType("application/json") {
		return
	}
	o, err := a.json(http.StatusOK)
	r.read = &reading{a, o, needs(err)}
}

// Steps of an issuer that are not those of a fault.
const (
	stepOffer    = "the offer"
	stepMetadata = "metadata"
	stepJWKS     = "jwks"
	stepDID      = "did"
	stepIACAs    = "iacas"
	stepIssue    = "issue"
	stepRefresh  = "refresh"
)

// Issuer judges an issuer. The error says that the check itself could not be set up.
func Issuer(ctx context.Context, o IssuerOptions) (Report, error) {
	r, err := GatherIssuer(ctx, o)
	if err != nil {
		return Report{}, err
	}
	return r.Judge(), nil
}

// GatherIssuer spends the first offer, and asks all that is to be asked.
func GatherIssuer(ctx context.Context, o IssuerOptions) (*IssuerRecord, error) {
	if o.HTTP == nil || o.Now == nil || o.Rand == nil || o.Server == nil || o.URL == "" || len(o.Offers) == 0 || o.Subject == "" || o.ClientID == "" {
		return nil, errors.New("an issuer needs its URL, an offer, the subject of the offer, its client id and a token service")
	}
	v, err := newIssuerVisit(o)
	if err != nil {
		return nil, err
	}
	v.readPublic(ctx)
	if err := v.takeOffer(); err != nil {
		return v.rec, nil // the rules about the offer say what is wrong with it
	}
	if err := v.attempts(ctx); err != nil {
		return nil, err
	}
	v.readStatus(ctx)
	return v.rec, nil
}

// readPublic fetches what an issuer publishes.
func (v *issuerVisit) readPublic(ctx context.Context) {
	v.keep(question{step: stepOffer, sent: "an offer link was given", method: "GIVEN", url: v.o.URL}, Answer{Body: []byte(v.o.Offers[0])})
	json := map[string]string{"Accept": "application/json"}
	v.ask(ctx, question{step: stepMetadata, sent: "its metadata", url: v.o.URL + "/.well-known/openid-credential-issuer", header: json})
	v.rec.remember()
	v.ask(ctx, question{step: stepJWKS, sent: "its keys", url: v.o.URL + "/.well-known/jwks.json", header: json})
	if v.rec.format() == wallet.FormatJWT {
		v.ask(ctx, question{step: stepDID, sent: "its DID document", url: v.o.URL + "/.well-known/did.json", header: json})
		return
	}
	v.ask(ctx, question{step: stepIACAs, sent: "its issuing authorities", url: v.o.URL + "/iacas", header: json})
}

// readStatus asks for the list that the issued document names, once the document is known to be the issuer's: an address
// out of a document that nobody signed is not visited.
func (v *issuerVisit) readStatus(ctx context.Context) {
	uri, _, err := v.rec.status()
	if err == nil {
		gatherStatus(ctx, v.visitor, uri, "")
	}
}

// status returns the status list entry of the issued document.
func (r *IssuerRecord) status() (uri string, idx int64, err error) {
	if r.format() == wallet.FormatJWT {
		c := r.jwtCredential(stepIssue)
		if err := c.verified(); err != nil {
			return "", 0, err
		}
		return c.status()
	}
	c := r.mdocCredential(stepIssue)
	if err := c.verified(); err != nil {
		return "", 0, err
	}
	return c.status()
}

// Judge holds the record against the rules of the offered format.
func (r *IssuerRecord) Judge() Report {
	judged := *r // several may judge one record
	judged.remember()
	return judged.findings()
}

func (r *IssuerRecord) findings() Report {
	rules := slices.Concat(offerRules, metadataRules, jwksRules, refusalRules(), answerRules, notificationRules())
	var findings []Finding
	switch r.format() {
	case wallet.FormatMDoc:
		findings = slices.Concat(judge(slices.Concat(rules, iacasRules), "", r, r.exchanges), r.judgeMDocs())
	case wallet.FormatJWT:
		findings = slices.Concat(judge(slices.Concat(rules, didRules), "", r, r.exchanges), r.judgeJWTs())
	default:
		findings = judge(rules, "", r, r.exchanges)
	}
	return Report{Subject: bare(r.URL), Began: r.Began, Findings: append(findings, r.judgeStatus()...)}
}

func (r *IssuerRecord) judgeStatus() []Finding {
	uri, idx, err := r.status()
	if err != nil {
		return nil // a rule about the credential says why, or that it names no list
	}
	s := &StatusRecord{r.Record, uri, int(idx)}
	return judge(s.rules(), "status list", s, r.exchanges)
}

// metadata is the issuer's, once it could be read.
func (r *IssuerRecord) metadata() (map[string]any, error) {
	if r.read == nil {
		return nil, unknown("the metadata was not asked for")
	}
	return r.read.metadata, r.read.err
}

// configuration is what the metadata says of the offered document.
func (r *IssuerRecord) configuration() (map[string]any, error) {
	m, err := r.metadata()
	if err != nil {
		return nil, err
	}
	offer, err := r.offer()
	if err != nil {
		return nil, needs(err)
	}
	all := object(m, "credential_configurations_supported")
	c, ok := all[offer.Configuration].(map[string]any)
	if !ok {
		return nil, unknown("the metadata does not know the offered configuration")
	}
	return c, nil
}

// format is the offered document's, empty when nothing says it.
func (r *IssuerRecord) format() string {
	if c, err := r.configuration(); err == nil {
		return text(c, "format")
	}
	if raw, err := r.credential(stepIssue); err == nil {
		if strings.Contains(raw, ".") {
			return wallet.FormatJWT
		}
		return wallet.FormatMDoc
	}
	return ""
}

// credential returns the one credential of an answer.
func (r *IssuerRecord) credential(step string) (string, error) {
	a, err := r.step(step)
	if err != nil {
		return "", needs(err)
	}
	o, err := a.json(http.StatusOK)
	if err != nil {
		return "", unknown("no credential was issued")
	}
	list := objects(o["credentials"])
	if len(list) != 1 || text(list[0], "credential") == "" {
		return "", unknown("the answer does not hold one credential")
	}
	return text(list[0], "credential"), nil
}
