package wallet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Metadata is what an issuer says of itself, once it has been checked.
type Metadata struct {
	Issuer               string
	AuthorizationServers []string
	CredentialEndpoint   string
	NotificationEndpoint string // empty when the issuer takes no notifications
	IACAs                string // mdoc_iacas_uri; empty when the issuer writes no mdoc

	configurations map[string]configuration
}

// configuration is one credential an issuer can write.
type configuration struct {
	id, format, docType string
	types               []string
	claims              []claim
}

// Configurations lists the ids of what the issuer can write, sorted.
func (m *Metadata) Configurations() []string {
	var ids []string
	for id := range m.configurations {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Discover fetches and checks an issuer's metadata.
func (w *Wallet) Discover(ctx context.Context, issuer string) (*Metadata, error) {
	o, err := w.getObject(ctx, issuer+"/.well-known/openid-credential-issuer")
	if err != nil {
		return nil, err
	}
	m, err := readMetadata(issuer, o)
	if err != nil {
		return nil, fmt.Errorf("issuer metadata: %w", err)
	}
	return m, nil
}

func readMetadata(issuer string, o object) (*Metadata, error) {
	m := &Metadata{Issuer: issuer, configurations: map[string]configuration{}}
	var err error
	if m.AuthorizationServers, err = o.texts("authorization_servers"); err != nil {
		return nil, err
	}
	if err := m.readEndpoints(o); err != nil {
		return nil, err
	}
	supported, err := o.child("credential_configurations_supported")
	if err != nil {
		return nil, err
	}
	for id := range supported {
		c, err := readConfiguration(id, supported)
		if err != nil {
			return nil, fmt.Errorf("configuration %s: %w", id, err)
		}
		if c.format == FormatMDoc && m.IACAs == "" {
			return nil, errors.New("mdoc_iacas_uri is missing")
		}
		m.configurations[id] = c
	}
	return m, nil
}

// readEndpoints wants the literal URLs that GOV.UK's test harness wants.
func (m *Metadata) readEndpoints(o object) (err error) {
	if o["credential_issuer"] != m.Issuer {
		return errors.New("credential_issuer is not the issuer asked")
	}
	if m.CredentialEndpoint, err = o.text("credential_endpoint"); err != nil {
		return err
	}
	if m.NotificationEndpoint, err = o.maybeText("notification_endpoint"); err != nil {
		return err
	}
	if m.IACAs, err = o.maybeText("mdoc_iacas_uri"); err != nil {
		return err
	}
	if m.CredentialEndpoint != m.Issuer+"/credential" ||
		m.NotificationEndpoint != "" && m.NotificationEndpoint != m.Issuer+"/notification" ||
		m.IACAs != "" && m.IACAs != m.Issuer+"/iacas" {
		return errors.New("an endpoint is not at its GOV.UK path")
	}
	return nil
}

func readConfiguration(id string, supported object) (configuration, error) {
	c := configuration{id: id}
	o, err := supported.child(id)
	if err != nil {
		return c, err
	}
	if err := checkShared(o); err != nil {
		return c, err
	}
	switch c.format, _ = o["format"].(string); c.format { // what is no string is no format we know
	case FormatMDoc:
		err = c.readMDoc(o)
	case FormatJWT:
		err = c.readJWT(o)
	default:
		err = errors.New("format is neither mso_mdoc nor jwt_vc_json")
	}
	if err != nil {
		return c, err
	}
	c.claims, err = readClaims(o)
	return c, err
}

// checkShared checks the members that every configuration must have.
func checkShared(o object) error {
	algs, err := o.texts("credential_signing_alg_values_supported")
	if err != nil {
		return err
	}
	if !slices.Contains(algs, es256) {
		return errors.New("credential_signing_alg_values_supported lacks ES256")
	}
	if _, ok := o["credential_validity_period_max_days"].(json.Number); !ok {
		return errors.New("credential_validity_period_max_days is not a number")
	}
	refresh, err := o.text("credential_refresh_web_journey_url")
	if err != nil {
		return err
	}
	return checkURL(refresh)
}

func (c *configuration) readMDoc(o object) (err error) {
	if err := checkBinding(o, "cose_key"); err != nil {
		return err
	}
	c.docType, err = o.text("doctype")
	return err
}

func (c *configuration) readJWT(o object) error {
	if err := checkBinding(o, "did:key"); err != nil {
		return err
	}
	definition, err := o.child("credential_definition")
	if err != nil {
		return err
	}
	c.types, err = definition.texts("type")
	if err != nil || len(c.types) != 2 || !slices.Contains(c.types, "VerifiableCredential") {
		return errors.New("credential_definition.type is not VerifiableCredential and one more")
	}
	return checkProofTypes(o)
}

func checkProofTypes(o object) error {
	proofs, err := o.child("proof_types_supported")
	if err != nil {
		return err
	}
	jwt, err := proofs.child("jwt")
	if err != nil {
		return err
	}
	algs, err := jwt.texts("proof_signing_alg_values_supported")
	if err != nil || !slices.Contains(algs, es256) {
		return errors.New("proof_signing_alg_values_supported lacks ES256")
	}
	return nil
}

func checkBinding(o object, method string) error {
	methods, err := o.texts("cryptographic_binding_methods_supported")
	if err != nil || !slices.Contains(methods, method) {
		return fmt.Errorf("cryptographic_binding_methods_supported lacks %s", method)
	}
	return nil
}
