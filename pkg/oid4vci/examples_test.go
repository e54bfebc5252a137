package oid4vci_test

import (
	"strings"
	"testing"

	"justice-wallet/pkg/internal/fixture"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vci"
)

// examples are the messages that OID4VCI 1.0 prints. What this profile shares with it is read with its own types.
func examples(t *testing.T) map[string]string {
	t.Helper()
	var file struct{ Files map[string]string }
	fixture.Vector(t, "oid4vp/oid4vci_1_0_examples.json", &file)
	return file.Files
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	object, err := jose.ParseClaims([]byte(examples(t)[name]))
	if err == nil {
		err = object.Decode(v)
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestExamplesOfTheSpecification(t *testing.T) {
	objects := 0 // issuer_jwks.json is no JSON: the draft folds a text over two lines
	for name, text := range examples(t) {
		if strings.HasSuffix(name, ".json") && name != "issuer_jwks.json" && strings.HasPrefix(strings.TrimSpace(text), "{") {
			objects++
			if _, err := jose.ParseClaims([]byte(text)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if objects < 9 {
		t.Errorf("only %d objects", objects)
	}
	var offer oid4vci.Offer
	read(t, "credential_offer_pre-authz_code.json", &offer)
	if offer.CredentialIssuer != "https://credential-issuer.example.com" || offer.Configurations[0] != "UniversityDegreeCredential" || offer.Grants.PreAuthorized.Code != "adhjhdjajkdkhjhdj" {
		t.Errorf("%+v", offer)
	}
	var metadata struct {
		Supported map[string]oid4vci.Configuration `json:"credential_configurations_supported"`
	}
	read(t, "credential_metadata_jwt_vc_json.json", &metadata)
	degree := metadata.Supported["UniversityDegreeCredential"]
	if degree.Format != "jwt_vc_json" || degree.Definition == nil || degree.Definition.Type[1] != "UniversityDegreeCredential" || degree.ProofTypes["jwt"].Algorithms[0] != "ES256" {
		t.Errorf("%+v", degree)
	}
}
