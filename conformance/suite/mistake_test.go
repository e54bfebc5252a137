package suite_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// A wallet that takes another transcript for ours is refused, and its engineer is told what it did.
func TestAWalletsMistakeIsNamed(t *testing.T) {
	d := newDesk(t, rig.Options{})
	for mistake, transcript := range map[string]func(ask *wallet.Ask, requestURI string) []byte{
		"thumbprint_missing": func(a *wallet.Ask, _ string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, a.Nonce, a.ResponseURI, nil)
		},
		"client_id_without_prefix": func(a *wallet.Ask, _ string) []byte {
			_, bare, _ := strings.Cut(a.ClientID, ":")
			return wallet.OID4VPTranscript(bare, a.Nonce, a.ResponseURI, a.Thumbprint())
		},
		"wrong_nonce_state": func(a *wallet.Ask, _ string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, a.State, a.ResponseURI, a.Thumbprint())
		},
		"wrong_nonce_wallet": func(a *wallet.Ask, _ string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, a.WalletNonce, a.ResponseURI, a.Thumbprint())
		},
		"wrong_response_uri_request": func(a *wallet.Ask, requestURI string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, a.Nonce, requestURI, a.Thumbprint())
		},
		"wrong_response_uri_origin": func(a *wallet.Ask, _ string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, a.Nonce, d.VerifierURL, a.Thumbprint())
		},
		"wrong_handover_dc_api": func(a *wallet.Ask, _ string) []byte {
			other := *a
			other.Origin = d.VerifierURL
			return other.Transcript()
		},
		"": func(a *wallet.Ask, _ string) []byte {
			return wallet.OID4VPTranscript(a.ClientID, "something else", a.ResponseURI, a.Thumbprint())
		},
	} {
		t.Run(mistake, func(t *testing.T) {
			p := d.begin("council", "council-housing", "cross_device", "")
			ask := d.read(p, true)
			link, err := url.Parse(p.Link)
			if err != nil {
				t.Fatal(err)
			}
			wanted, err := ask.Match(d.mdoc)
			if err != nil {
				t.Fatal(err)
			}
			response, err := d.wallet.PresentMDoc(d.mdoc, wanted[0].Elements, transcript(ask, link.Query().Get("request_uri")))
			if err != nil {
				t.Fatal(err)
			}
			token := wallet.Token{wanted[0].ID: {base64.RawURLEncoding.EncodeToString(response)}}
			if status, _ := d.post(ask, d.form(d.wallet, ask, token, "")); status != http.StatusBadRequest {
				t.Errorf("%d", status)
			}
			result := d.result(p, "")
			evidence := result.Documents[0].Checks[4].Evidence
			if result.Reason != "device_signature" || evidence["mistake"] != mistake || evidence["transcript"] == "" || len(evidence["transcriptSha256"]) != 64 {
				t.Errorf("%s", result.Body)
			}
		})
	}
}
