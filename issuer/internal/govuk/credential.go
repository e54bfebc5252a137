package govuk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
)

// PostCredential answers POST /credential: the first issue of an offered document, or the refresh of one held.
//
// Order of judgement: access token (401), body and proof (400 invalid_proof), nonce (400 invalid_nonce), offer and
// subject (401), entitlement (400 credential_request_denied).
func (p *Profile) PostCredential(c *gin.Context) error {
	grant, err := p.authorise(c)
	if err != nil {
		return err
	}
	var request oid4vci.CredentialRequest
	if err := httpserver.ReadJSON(c, &request); err != nil {
		return badBody(err, issuance.CodeInvalidProof)
	}
	proof, err := p.openProof(c.Request.Context(), request)
	if err != nil {
		return fault.Wrap(fault.Invalid, issuance.CodeInvalidProof, "", err)
	}
	issued, err := p.Issuance.Issue(c.Request.Context(), issuance.Request{
		Grant: grant, Holder: proof.holder, ProofNonce: proof.nonce, ProofIssued: proof.issued,
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, oid4vci.CredentialResponse{
		Credentials:    []oid4vci.CredentialEnvelope{{Credential: issued.Credential}},
		NotificationID: issued.NotificationID,
	})
	return nil
}

// badBody gives a body that cannot be read the code of the endpoint (GOV.UK: "an issue with the request body"), unless it
// was too large.
func badBody(err error, code string) error {
	if fault.KindOf(err) == fault.TooLarge {
		return err
	}
	return fault.Wrap(fault.Invalid, code, "", err)
}

// maxDescription bounds event_description, which is ASCII (OID4VCI §11.1; the example issuer: at most 1000).
const maxDescription = 1000

// PostNotification answers POST /notification with 204, as often as the wallet repeats it. The access token may be the
// one the credential was issued under: its jti is spent there, not here (harness: five notifications, one token).
func (p *Profile) PostNotification(c *gin.Context) error {
	grant, err := p.authorise(c)
	if err != nil {
		return err
	}
	var request oid4vci.NotificationRequest
	if err := httpserver.ReadJSON(c, &request); err != nil {
		return badBody(err, oid4vci.ErrorNotificationRequest)
	}
	if !validNotification(request) {
		return fault.New(fault.Invalid, oid4vci.ErrorNotificationRequest, "")
	}
	if err := p.Issuance.Notify(c.Request.Context(), grant.Subject, request.ID, request.Event); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func validNotification(r oid4vci.NotificationRequest) bool {
	switch r.Event {
	case oid4vci.EventAccepted, oid4vci.EventFailure, oid4vci.EventDeleted:
	default:
		return false
	}
	return r.ID != "" && len(r.ID) <= maxIdentifier && (r.Description == nil || ascii(*r.Description))
}

func ascii(s string) bool {
	for _, b := range []byte(s) {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	return len(s) <= maxDescription
}
