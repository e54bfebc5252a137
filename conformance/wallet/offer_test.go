package wallet_test

import (
	"net/url"
	"strings"
	"testing"

	"justice-wallet/conformance/wallet"
)

const goodOffer = `{"credential_issuer":"https://issuer.example","credential_configuration_ids":["release"],` +
	`"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"a.b.c"}}}`

func offerLink(offer string) string {
	return "https://mobile.account.gov.uk/wallet/add?credential_offer=" + url.QueryEscape(offer)
}

func TestParseOffer(t *testing.T) {
	want := wallet.Offer{Issuer: "https://issuer.example", Configuration: "release", Code: "a.b.c"}
	for name, link := range map[string]string{
		"plus for space":    offerLink(strings.ReplaceAll(goodOffer, ":{", ": {")),
		"percent for space": "openid-credential-offer://?credential_offer=" + url.PathEscape(strings.ReplaceAll(goodOffer, ":{", ": {")),
	} {
		if got, err := wallet.ParseOffer(link); err != nil || got != want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestOffersThatAreNot(t *testing.T) {
	change := func(old, replacement string) string {
		return offerLink(strings.Replace(goodOffer, old, replacement, 1))
	}
	for name, link := range map[string]string{
		"no query":                "https://mobile.account.gov.uk/wallet/add",
		"by reference":            "https://mobile.account.gov.uk/wallet/add?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffer",
		"two offers":              offerLink(goodOffer) + "&credential_offer=%7B%7D",
		"another parameter":       offerLink(goodOffer) + "&x=1",
		"base64url":               "https://mobile.account.gov.uk/wallet/add?credential_offer=eyJjcmVkZW50aWFsX2lzc3VlciI6IngifQ",
		"too long":                offerLink(goodOffer + strings.Repeat(" ", 8<<10)),
		"something follows":       offerLink(goodOffer + "{}"),
		"an array":                offerLink("[" + goodOffer + "]"),
		"extra member":            change(`"grants"`, `"x":1,"grants"`),
		"duplicate member":        change(`"grants"`, `"credential_issuer":"https://issuer.example","grants"`),
		"wrong case":              change("credential_issuer", "Credential_Issuer"),
		"issuer no URL":           change("https://issuer.example", "issuer"),
		"issuer with slash":       change("issuer.example", "issuer.example/"),
		"issuer with query":       change("issuer.example", "issuer.example?x"),
		"two configurations":      change(`["release"]`, `["release","licence"]`),
		"no configuration":        change(`["release"]`, `[]`),
		"empty configuration":     change(`["release"]`, `[""]`),
		"configuration no array":  change(`["release"]`, `"release"`),
		"another grant":           change(`"grants":{`, `"grants":{"authorization_code":{},`),
		"a transaction code":      change(`"a.b.c"`, `"a.b.c","tx_code":{}`),
		"an authorisation server": change(`"a.b.c"`, `"a.b.c","authorization_server":"https://as.example"`),
		"empty code":              change(`"a.b.c"`, `""`),
		"code no string":          change(`"a.b.c"`, `1`),
		"cut short":               offerLink(goodOffer[:len(goodOffer)-1]),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := wallet.ParseOffer(link); err == nil {
				t.Error("accepted")
			}
		})
	}
}
