// Package serviceapi is the door for other services of HMPPS: a front end makes an offer ready, a case system ends a
// document. Callers prove themselves with a token of HMPPS Auth that carries the role of what they ask.
package serviceapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
)

// Roles of HMPPS Auth, one for each kind of act.
const (
	RoleIssue  = casework.RoleIssue
	RoleRevoke = casework.RoleRevoke
	RoleView   = casework.RoleView
)

// Deps is what the door leans on.
type Deps struct {
	StaffIssuer string         // iss of HMPPS Auth tokens
	StaffKeys   jose.KeySource // its keys
	Issuance    *issuance.Service
	Register    issuance.Register
	Profile     *govuk.Profile
	Documents   Documents
	Casework    *casework.Service
	Now         func() time.Time
}

// Documents finds a document type by name.
type Documents interface {
	ByType(name string) (*document.Document, bool)
}

// API answers other services. Safe for concurrent use.
type API struct{ Deps }

// New returns the door.
func New(deps Deps) *API { return &API{deps} }

// actor returns who calls, if their token carries role. A token that does not prove them is 401, one without the role 403.
func (a *API) actor(c *gin.Context, role string) (caller, error) {
	who, err := a.staff(c)
	if err != nil {
		return caller{}, err
	}
	if !who.Can(role) {
		return caller{}, fault.New(fault.Forbidden, casework.CodeRole, "the token lacks the role "+role)
	}
	return who, nil
}

// identify verifies a token of HMPPS Auth: RS256, from that issuer, not expired.
func (a *API) identify(ctx context.Context, token string) (caller, error) {
	expect := jose.Expect{Type: "JWT", Algorithms: []jose.Algorithm{jose.RS256}}
	verified, err := jose.Verify(ctx, token, expect, a.StaffKeys)
	if err != nil {
		return caller{}, err
	}
	claims := verified.Claims
	if iss, err := claims.String("iss"); err != nil || iss != a.StaffIssuer {
		return caller{}, fmt.Errorf("staff token: another issuer")
	}
	if expires, err := claims.Time("exp"); err != nil || !a.Now().Before(expires) {
		return caller{}, fmt.Errorf("staff token: expired, or no exp")
	}
	var who caller
	if who.Username, err = claims.String("sub"); err != nil || who.Username == "" {
		return caller{}, fmt.Errorf("staff token: no sub")
	}
	if claims.Has("authorities") { // absent: a client with no role
		if who.Roles, err = claims.Strings("authorities"); err != nil {
			return caller{}, err
		}
	}
	if claims.Has("teams") { // absent: of no team
		if who.Teams, err = claims.Strings("teams"); err != nil {
			return caller{}, err
		}
	}
	if claims.Has("user_name") { // absent: a service asks for itself
		user, err := claims.String("user_name")
		if err != nil || user != who.Username {
			return caller{}, fmt.Errorf("staff token: sub is not the user")
		}
		who.Person = true
	}
	return who, nil
}

type offerRequest struct {
	DocumentType  string `json:"documentType"`
	Format        string `json:"format"` // "mdoc" (the default) or "jwt"
	Record        string `json:"record"` // prison number, or the source's own key
	Item          string `json:"item"`   // which approval, where a person can have several
	WalletSubject string `json:"walletSubjectId"`
}

type offerResponse struct {
	OfferID string    `json:"offerId"`
	Link    string    `json:"link"`
	QR      string    `json:"qrPng"` // standard base64
	Expires time.Time `json:"expires"`
}

// PostOffer answers POST /api/offers: 201 with the link and the QR code, or 403 with the reason the person may not have
// the document now.
func (a *API) PostOffer(c *gin.Context) error {
	who, err := a.actor(c, RoleIssue)
	if err != nil {
		return err
	}
	var r offerRequest
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	configuration, err := a.configuration(r)
	if err != nil {
		return err
	}
	link, offer, err := a.Profile.Link(c.Request.Context(), issuance.OfferRequest{
		Configuration: configuration, Record: issuance.Record{Person: r.Record, Item: r.Item}, Subject: r.WalletSubject, Actor: who.Username,
	})
	if err != nil {
		return err
	}
	png, err := govuk.QR(link)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, offerResponse{OfferID: offer.ID, Link: link, QR: base64.StdEncoding.EncodeToString(png), Expires: offer.Expires})
	return nil
}

func (a *API) configuration(r offerRequest) (string, error) {
	const maxField = 256
	for name, value := range map[string]string{"record": r.Record, "walletSubjectId": r.WalletSubject} {
		if value == "" || len(value) > maxField {
			return "", fault.New(fault.Invalid, "invalid_request", name+" is missing or too long")
		}
	}
	doc, ok := a.Documents.ByType(r.DocumentType)
	switch {
	case !ok:
	case (r.Format == "" || r.Format == "mdoc") && doc.MDoc != nil:
		return doc.MDoc.Configuration, nil
	case r.Format == "jwt" && doc.JWT != nil:
		return doc.JWT.Configuration, nil
	}
	return "", fault.New(fault.Invalid, "invalid_request", "there is no such document in that format")
}

type revocationRequest struct {
	CredentialID string          `json:"credentialId"` // one document; or
	Record       string          `json:"record"`       // everything about this person
	Reason       issuance.Reason `json:"reason"`
	Wider        casework.Wider  `json:"wider"` // why somebody looks beyond their teams
}

type endedDocument struct {
	CredentialID string    `json:"credentialId"`
	DocumentType string    `json:"documentType"`
	RevokedAt    time.Time `json:"revokedAt"`
}

// PostRevocation answers POST /api/revocations with what stands no more. It may be repeated.
func (a *API) PostRevocation(c *gin.Context) error {
	who, err := a.actor(c, RoleRevoke)
	if err != nil {
		return err
	}
	var r revocationRequest
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	if err := a.within(c, who, r); err != nil {
		return err
	}
	ended, err := a.Issuance.Revoke(c.Request.Context(), issuance.RevokeRequest{ID: r.CredentialID, Person: r.Record, Reason: r.Reason, Actor: who.Username})
	if err != nil {
		return err
	}
	out := make([]endedDocument, len(ended))
	for i, e := range ended {
		out[i] = endedDocument{e.ID, e.DocumentType, e.At}
	}
	c.JSON(http.StatusOK, gin.H{"revoked": out})
	return nil
}

// within refuses to somebody what is not of a person they may know of, and to one alone what takes two. A system that acts on
// an event is nobody: it has no team, and its role is all it needs.
func (a *API) within(c *gin.Context, who caller, r revocationRequest) error {
	if !who.Person {
		return nil
	}
	person, err := a.personOf(c.Request.Context(), r)
	if err != nil {
		return err
	}
	seen, err := a.see(c, who, about{person, r.Wider}, "end")
	if err != nil || r.Record == "" {
		return err
	}
	stand := slices.DeleteFunc(slices.Clone(seen.Documents), func(one issuance.Credential) bool { return !casework.Stands(one, a.Now()) })
	if len(stand) > casework.AloneLimit {
		return fault.New(fault.Forbidden, CodePerson, "more than ten documents take two people: use /api/endings")
	}
	return nil
}

// personOf says whose documents a request is about. A document that does not exist is answered as one that is not theirs.
func (a *API) personOf(ctx context.Context, r revocationRequest) (string, error) {
	if r.Record != "" {
		return r.Record, nil
	}
	one, err := a.Register.Credential(ctx, r.CredentialID)
	if errors.Is(err, issuance.ErrNotFound) {
		return "", fault.Wrap(fault.NotFound, casework.CodeNoAccess, "there is no such case for you", err)
	}
	if err != nil {
		return "", fault.Wrap(fault.Unavailable, "store_unavailable", "", err)
	}
	return one.Record.Person, nil
}

type issuedDocument struct {
	CredentialID string     `json:"credentialId"`
	DocumentType string     `json:"documentType"`
	Format       string     `json:"format"`
	StatusURI    string     `json:"statusUri"`
	StatusIndex  int        `json:"statusIndex"`
	Issued       time.Time  `json:"issued"`
	Until        time.Time  `json:"validUntil"`
	Wallet       string     `json:"walletEvent,omitempty"`
	RevokedAt    *time.Time `json:"revokedAt,omitempty"`
	Reason       string     `json:"reason,omitempty"`
}

// issued reads what was issued about a person. Somebody's token finds whom they may know of, as in the console; a service that
// asks for itself has no team, and knows people by their number alone.
func (a *API) issued(c *gin.Context, who caller, r about) ([]issuance.Credential, error) {
	if !who.Person {
		return a.Casework.IssuedTo(c.Request.Context(), who.Staff, r.Record)
	}
	seen, err := a.see(c, who, r, "documents")
	return seen.Documents, err
}

// PostSearch answers POST /api/credentials/search: what was issued about one person. The key is in the body, so that it
// stands in no URL.
func (a *API) PostSearch(c *gin.Context) error {
	who, err := a.actor(c, RoleView)
	if err != nil {
		return err
	}
	var r about
	if err := httpserver.ReadJSON(c, &r); err != nil {
		return err
	}
	found, err := a.issued(c, who, r)
	if err != nil {
		return err
	}
	out := make([]issuedDocument, len(found))
	for i, cred := range found {
		out[i] = issuedDocument{
			CredentialID: cred.ID, DocumentType: cred.DocumentType, Format: cred.Format,
			StatusURI: cred.Status.URI, StatusIndex: cred.Status.Index,
			Issued: cred.Issued, Until: cred.Until, Wallet: cred.Wallet, Reason: cred.Reason,
		}
		if !cred.Revoked.IsZero() {
			out[i].RevokedAt = &cred.Revoked
		}
	}
	c.JSON(http.StatusOK, gin.H{"credentials": out})
	return nil
}
