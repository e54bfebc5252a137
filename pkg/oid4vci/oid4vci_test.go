package oid4vci_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"justice-wallet/pkg/oid4vci"
)

// Each message in GOV.UK's own spelling: a renamed, lost or added member is seen here, before a wallet sees it.
func TestSpelling(t *testing.T) {
	display := []oid4vci.Display{{Locale: "cy", Name: "Enw", Description: "Disgrifiad", Background: "#1d70b8", TextColour: "#ffffff"}, {Locale: "en", Name: "Name"}}
	messages := []struct {
		name    string
		message any
		want    string
	}{
		{"offer", oid4vci.Offer{CredentialIssuer: "https://i.test", Configurations: []string{"c"}, Grants: oid4vci.OfferGrants{PreAuthorized: oid4vci.PreAuthorized{Code: "x"}}},
			`{"credential_issuer":"https://i.test","credential_configuration_ids":["c"],` +
				`"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"x"}}}`},
		{"code", oid4vci.PreAuthorizedCode{Issuer: "https://i.test", Audience: "https://as.test", ClientID: "me", Configurations: []string{"c"}, Identifiers: []string{"o"}, IssuedAt: 1, Expires: 2},
			`{"iss":"https://i.test","aud":"https://as.test","clientId":"me","credential_configuration_ids":["c"],"credential_identifiers":["o"],"iat":1,"exp":2}`},
		{"metadata", oid4vci.Metadata{CredentialIssuer: "i", AuthorizationServers: []string{"as"}, CredentialEndpoint: "c", NotificationEndpoint: "n", IACAs: "r", Display: display, ConfigurationsByID: map[string]oid4vci.Configuration{}},
			`{"credential_issuer":"i","authorization_servers":["as"],"credential_endpoint":"c","notification_endpoint":"n","mdoc_iacas_uri":"r",` +
				`"display":[{"locale":"cy","name":"Enw","description":"Disgrifiad","background_color":"#1d70b8","text_color":"#ffffff"},{"locale":"en","name":"Name"}],` +
				`"credential_configurations_supported":{}}`},
		{"configuration of an mdoc", oid4vci.Configuration{
			Format: "mso_mdoc", DocType: "d", BindingMethods: []string{"cose_key"}, SigningAlgorithms: []string{"ES256"},
			ProofTypes: map[string]oid4vci.ProofType{"jwt": {Algorithms: []string{"ES256"}}}, ValidityMaxDays: 30, RefreshJourney: "https://r.test",
			CredentialMetadata: oid4vci.CredentialMetadata{Display: display[1:], Claims: []oid4vci.Claim{{Path: []string{"ns", "e"}, Mandatory: true, ValueType: "string", Display: display[1:]}}},
		}, `{"format":"mso_mdoc","doctype":"d","cryptographic_binding_methods_supported":["cose_key"],"credential_signing_alg_values_supported":["ES256"],` +
			`"proof_types_supported":{"jwt":{"proof_signing_alg_values_supported":["ES256"]}},"credential_validity_period_max_days":30,` +
			`"credential_refresh_web_journey_url":"https://r.test","credential_metadata":{"display":[{"locale":"en","name":"Name"}],` +
			`"claims":[{"path":["ns","e"],"mandatory":true,"value_type":"string","display":[{"locale":"en","name":"Name"}]}]}}`},
		{"definition of a JWT", oid4vci.CredentialDefinition{Type: []string{"VerifiableCredential"}}, `{"type":["VerifiableCredential"]}`},
		{"answer", oid4vci.CredentialResponse{Credentials: []oid4vci.CredentialEnvelope{{Credential: "x"}}, NotificationID: "n"},
			`{"credentials":[{"credential":"x"}],"notification_id":"n"}`},
	}
	for _, m := range messages {
		got, err := json.Marshal(m.message)
		if err != nil || !bytes.Equal(got, []byte(m.want)) {
			t.Errorf("%s: %v\n got %s\nwant %s", m.name, err, got, m.want)
		}
	}
}

func TestRequestsAreRead(t *testing.T) {
	var credential oid4vci.CredentialRequest
	body := `{"proof":{"proof_type":"jwt","jwt":"x"},"credential_configuration_id":"ignored"}`
	if err := json.Unmarshal([]byte(body), &credential); err != nil || credential.Proofs != nil || credential.Proof == nil || *credential.Proof != (oid4vci.Proof{Type: "jwt", JWT: "x"}) {
		t.Errorf("%+v %v", credential, err)
	}
	var told oid4vci.NotificationRequest
	body = `{"notification_id":"n","event":"credential_failure","event_description":""}`
	if err := json.Unmarshal([]byte(body), &told); err != nil || told.ID != "n" || told.Event != oid4vci.EventFailure || told.Description == nil || *told.Description != "" {
		t.Errorf("%+v %v: an empty description is not an absent one", told, err)
	}
}
