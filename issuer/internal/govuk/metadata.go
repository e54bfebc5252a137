package govuk

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/oid4vci"
)

// GetMetadata answers GET /.well-known/openid-credential-issuer.
func (p *Profile) GetMetadata(c *gin.Context) error {
	public(c)
	c.JSON(http.StatusOK, p.Metadata())
	return nil
}

// GetJWKS answers GET /.well-known/jwks.json: the keys of pre-authorised codes and of status lists.
func (p *Profile) GetJWKS(c *gin.Context) error {
	public(c)
	c.JSON(http.StatusOK, keys.JWKS(p.Ring, keys.PurposeOffer, keys.PurposeStatusList))
	return nil
}

// GetDID answers GET /.well-known/did.json: the keys of JWT credentials.
func (p *Profile) GetDID(c *gin.Context) error {
	public(c)
	c.JSON(http.StatusOK, keys.DIDDocument(p.Ring, keys.DIDWeb(p.SelfURL)))
	return nil
}

// GetIACAs answers GET /iacas: every issuing authority root still needed.
func (p *Profile) GetIACAs(c *gin.Context) error {
	public(c)
	c.JSON(http.StatusOK, keys.IACAs(p.Ring))
	return nil
}

// public lets anyone keep an answer for a short time: short, so that a new or a withdrawn key is seen soon.
func public(c *gin.Context) { c.Header("Cache-Control", "public, max-age=60") }

// Metadata describes every document served, in every form it has.
func (p *Profile) Metadata() oid4vci.Metadata {
	m := oid4vci.Metadata{
		CredentialIssuer:     p.SelfURL,
		AuthorizationServers: []string{p.AuthServer},
		CredentialEndpoint:   p.SelfURL + "/credential",
		NotificationEndpoint: p.SelfURL + "/notification",
		IACAs:                p.SelfURL + "/iacas",
		Display: []oid4vci.Display{
			{Locale: "en", Name: "HM Prison and Probation Service"},
			{Locale: "cy", Name: "Gwasanaeth Carchardai a Phrawf EF"},
		},
		ConfigurationsByID: map[string]oid4vci.Configuration{},
	}
	for _, doc := range p.Documents {
		for _, format := range p.Formats {
			if desc, ok := format.Describe(doc); ok {
				m.ConfigurationsByID[desc.Configuration] = p.configuration(doc, desc)
			}
		}
	}
	return m
}

func (p *Profile) configuration(doc *document.Document, desc credential.Description) oid4vci.Configuration {
	es256 := []string{"ES256"} // text also for mso_mdoc: the harness refuses COSE numbers (docs/divergences.md)
	out := oid4vci.Configuration{
		Format:            desc.Format,
		DocType:           desc.DocType,
		BindingMethods:    desc.BindingMethods,
		SigningAlgorithms: es256,
		ProofTypes:        map[string]oid4vci.ProofType{"jwt": {Algorithms: es256}},
		ValidityMaxDays:   days(doc.Validity.For),
		RefreshJourney:    p.RefreshJourney,
		CredentialMetadata: oid4vci.CredentialMetadata{
			Display: []oid4vci.Display{card(doc.Card, "en"), card(doc.Card, "cy")},
			Claims:  claims(desc.Claims),
		},
	}
	if len(desc.Types) > 0 {
		out.Definition = &oid4vci.CredentialDefinition{Type: desc.Types}
	}
	return out
}

func card(c document.Card, locale string) oid4vci.Display {
	d := oid4vci.Display{Locale: locale, Name: c.Name.EN, Description: c.Description.EN, Background: c.Background, TextColour: c.TextColour}
	if locale == "cy" {
		d.Name, d.Description = c.Name.CY, c.Description.CY
	}
	return d
}

func claims(list []credential.Claim) []oid4vci.Claim {
	out := make([]oid4vci.Claim, len(list))
	for i, c := range list {
		valueType := c.ValueType
		if valueType == string(document.KindText) {
			valueType = "string" // the word of GOV.UK's example metadata
		}
		out[i] = oid4vci.Claim{Path: c.Path, Mandatory: c.Mandatory, ValueType: valueType, Display: []oid4vci.Display{
			{Locale: "en", Name: c.NameEN}, {Locale: "cy", Name: c.NameCY},
		}}
	}
	return out
}

// days rounds up: a document of seven days is announced as seven, one of an hour as one.
func days(d time.Duration) int { return int((d + 24*time.Hour - 1) / (24 * time.Hour)) }
