package govuk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	qrcode "github.com/skip2/go-qrcode"

	"justice-wallet/keys"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/oid4vci"
)

// Link makes an offer ready for the wallet and returns the link that opens it there: the offer by value, as
// percent-encoded JSON (harness: isValidCredentialOffer; the documentation's "Base64Url" is contradicted by its example).
func (p *Profile) Link(ctx context.Context, request issuance.OfferRequest) (string, issuance.Offer, error) {
	offer, err := p.Issuance.CreateOffer(ctx, request)
	if err != nil {
		return "", issuance.Offer{}, err
	}
	code, err := p.code(offer)
	if err != nil {
		return "", issuance.Offer{}, err
	}
	body, err := json.Marshal(oid4vci.Offer{
		CredentialIssuer: p.SelfURL,
		Configurations:   []string{offer.Configuration},
		Grants:           oid4vci.OfferGrants{PreAuthorized: oid4vci.PreAuthorized{Code: code}},
	})
	if err != nil {
		return "", issuance.Offer{}, fmt.Errorf("encode offer: %w", err)
	}
	return p.WalletURL + "?credential_offer=" + url.QueryEscape(string(body)), offer, nil
}

// code signs the pre-authorised code: header exactly kid, typ and alg; payload exactly these seven claims.
func (p *Profile) code(offer issuance.Offer) (string, error) {
	key, err := p.Ring.Active(keys.PurposeOffer)
	if err != nil {
		return "", err
	}
	return jose.Sign(key.Sign, jose.Header{Algorithm: jose.ES256, Type: "JWT", KeyID: key.ID}, oid4vci.PreAuthorizedCode{
		Issuer:         p.SelfURL,
		Audience:       p.AuthServer,
		ClientID:       p.ClientID,
		Configurations: []string{offer.Configuration},
		Identifiers:    []string{offer.ID},
		IssuedAt:       offer.Created.Unix(),
		Expires:        offer.Expires.Unix(),
	})
}

// qrSize is the picture's width in pixels: an offer needs a dense code, and a phone must read it from a screen.
const qrSize = 640

// QR returns a PNG of link as a QR code, for a wallet on another device.
func QR(link string) ([]byte, error) {
	png, err := qrcode.Encode(link, qrcode.Low, qrSize)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	return png, nil
}
