// Package oid4vci holds the messages of OpenID for Verifiable Credential Issuance in GOV.UK Wallet's profile of it (draft
// 14; GOV.UK: credential issuer pages), whose rules are the profile's own, and the key proof of OID4VCI 1.0.
package oid4vci

// GrantPreAuthorized is the one grant GOV.UK Wallet knows.
const GrantPreAuthorized = "urn:ietf:params:oauth:grant-type:pre-authorized_code"

// Media types of the JWTs that travel with a credential request.
const (
	TypeAccessToken = "at+jwt"
	TypeProof       = "openid4vci-proof+jwt"
)

// Notification events (OID4VCI §11.1).
const (
	EventAccepted = "credential_accepted"
	EventFailure  = "credential_failure"
	EventDeleted  = "credential_deleted"
)

// Error codes of the notification endpoint (OID4VCI §11.3).
const (
	ErrorNotificationID      = "invalid_notification_id"
	ErrorNotificationRequest = "invalid_notification_request"
)

// Offer is a credential offer, passed by value (OID4VCI §4.1.1). GOV.UK's has exactly these members.
type Offer struct {
	CredentialIssuer string      `json:"credential_issuer"`
	Configurations   []string    `json:"credential_configuration_ids"`
	Grants           OfferGrants `json:"grants"`
}

// OfferGrants holds the one grant.
type OfferGrants struct {
	PreAuthorized PreAuthorized `json:"urn:ietf:params:oauth:grant-type:pre-authorized_code"`
}

// PreAuthorized carries the code. GOV.UK's profile has neither tx_code nor authorization_server.
type PreAuthorized struct {
	Code string `json:"pre-authorized_code"`
}

// PreAuthorizedCode is the payload of the code, a JWT the issuer signs (GOV.UK: credential offer page).
type PreAuthorizedCode struct {
	Issuer         string   `json:"iss"`
	Audience       string   `json:"aud"` // the authorisation server, as one text and not an array
	ClientID       string   `json:"clientId"`
	Configurations []string `json:"credential_configuration_ids"`
	Identifiers    []string `json:"credential_identifiers"`
	IssuedAt       int64    `json:"iat"` // seconds
	Expires        int64    `json:"exp"`
}

// Metadata is the credential issuer metadata (OID4VCI §12.2.4) with GOV.UK's own members.
type Metadata struct {
	CredentialIssuer     string                   `json:"credential_issuer"`
	AuthorizationServers []string                 `json:"authorization_servers"`
	CredentialEndpoint   string                   `json:"credential_endpoint"`
	NotificationEndpoint string                   `json:"notification_endpoint"`
	IACAs                string                   `json:"mdoc_iacas_uri"`
	Display              []Display                `json:"display"`
	ConfigurationsByID   map[string]Configuration `json:"credential_configurations_supported"`
}

// Configuration is one entry of credential_configurations_supported.
type Configuration struct {
	Format             string                `json:"format"`
	DocType            string                `json:"doctype,omitempty"`               // mso_mdoc
	Definition         *CredentialDefinition `json:"credential_definition,omitempty"` // jwt_vc_json
	BindingMethods     []string              `json:"cryptographic_binding_methods_supported"`
	SigningAlgorithms  []string              `json:"credential_signing_alg_values_supported"`
	ProofTypes         map[string]ProofType  `json:"proof_types_supported"`
	ValidityMaxDays    int                   `json:"credential_validity_period_max_days"`
	RefreshJourney     string                `json:"credential_refresh_web_journey_url"`
	CredentialMetadata CredentialMetadata    `json:"credential_metadata"`
}

// CredentialDefinition names the types of a W3C credential.
type CredentialDefinition struct {
	Type []string `json:"type"`
}

// ProofType lists the algorithms of one kind of proof.
type ProofType struct {
	Algorithms []string `json:"proof_signing_alg_values_supported"`
}

// CredentialMetadata is how a wallet shows a credential.
type CredentialMetadata struct {
	Display []Display `json:"display"`
	Claims  []Claim   `json:"claims"`
}

// Display is words and colours in one language, "en" or "cy".
type Display struct {
	Locale      string `json:"locale"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Background  string `json:"background_color,omitempty"`
	TextColour  string `json:"text_color,omitempty"`
}

// Claim is one element of a credential.
type Claim struct {
	Path      []string  `json:"path"`
	Mandatory bool      `json:"mandatory"`
	ValueType string    `json:"value_type"`
	Display   []Display `json:"display"`
}

// CredentialRequest is the body of POST /credential. Members not named here are ignored.
type CredentialRequest struct {
	Proof  *Proof `json:"proof"`
	Proofs any    `json:"proofs"` // OID4VCI 1.0 §8.2: no part of this profile, and never beside proof
}

// Proof is one proof of possession.
type Proof struct {
	Type string `json:"proof_type"`
	JWT  string `json:"jwt"`
}

// CredentialResponse is the answer.
type CredentialResponse struct {
	Credentials    []CredentialEnvelope `json:"credentials"`
	NotificationID string               `json:"notification_id"`
}

// CredentialEnvelope holds one credential as its format writes it.
type CredentialEnvelope struct {
	Credential string `json:"credential"`
}

// NotificationRequest is the body of POST /notification. Members not named here are ignored.
type NotificationRequest struct {
	ID          string  `json:"notification_id"`
	Event       string  `json:"event"`
	Description *string `json:"event_description"`
}
