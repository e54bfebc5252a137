package wallet

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const (
	preAuthorisedGrant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
	maxOfferLink       = 8 << 10
)

// Offer is a credential offer by pre-authorised code.
type Offer struct {
	Issuer        string
	Configuration string
	Code          string // the pre-authorised code
}

// ParseOffer reads an offer link: its query holds the offer by value, as percent-encoded JSON, in GOV.UK's closed schema.
func ParseOffer(link string) (Offer, error) {
	if len(link) > maxOfferLink {
		return Offer{}, errors.New("offer link is too long")
	}
	_, query, ok := strings.Cut(link, "?")
	if !ok {
		return Offer{}, errors.New("offer link has no query")
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values) != 1 || len(values["credential_offer"]) != 1 {
		return Offer{}, errors.New("offer link's query is not one credential_offer")
	}
	o, err := decodeObject([]byte(values.Get("credential_offer")))
	if err != nil {
		return Offer{}, fmt.Errorf("read offer: %w", err)
	}
	offer, err := readOffer(o)
	if err != nil {
		return Offer{}, fmt.Errorf("read offer: %w", err)
	}
	return offer, nil
}

func readOffer(o object) (out Offer, err error) {
	if err = o.only([]string{"credential_issuer", "credential_configuration_ids", "grants"}); err != nil {
		return out, err
	}
	if out.Issuer, err = o.text("credential_issuer"); err != nil {
		return out, err
	}
	if err = checkURL(out.Issuer); err != nil || strings.HasSuffix(out.Issuer, "/") {
		return out, errors.New("credential_issuer is not a URL without trailing slash")
	}
	ids, err := o.texts("credential_configuration_ids")
	if err != nil || len(ids) != 1 {
		return out, errors.New("credential_configuration_ids is not one name")
	}
	out.Configuration = ids[0]
	out.Code, err = readGrant(o)
	return out, err
}

func readGrant(o object) (string, error) {
	grants, err := o.child("grants")
	if err != nil {
		return "", err
	}
	if err := grants.only([]string{preAuthorisedGrant}); err != nil {
		return "", err
	}
	grant, err := grants.child(preAuthorisedGrant)
	if err != nil {
		return "", err
	}
	if err := grant.only([]string{"pre-authorized_code"}); err != nil {
		return "", err
	}
	return grant.text("pre-authorized_code")
}
