package issuer

import (
	"net/http"

	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/serviceapi"
	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/httpserver"
)

// routes is every path of the issuer, but /livez and /readyz, which every server has.
func routes(s *httpserver.Server, wallet *govuk.Profile, api *serviceapi.API, status *statusapi.Service) {
	// GOV.UK Wallet and GOV.UK One Login.
	s.Handle(http.MethodGet, "/.well-known/openid-credential-issuer", wallet.GetMetadata)
	s.Handle(http.MethodGet, "/.well-known/jwks.json", wallet.GetJWKS)
	s.Handle(http.MethodGet, "/.well-known/did.json", wallet.GetDID)
	s.Handle(http.MethodGet, "/iacas", wallet.GetIACAs)
	s.Handle(http.MethodPost, "/credential", wallet.PostCredential)
	s.Handle(http.MethodPost, "/notification", wallet.PostNotification)

	// Anyone who reads a document's status.
	s.Handle(http.MethodGet, "/t", status.GetAggregation)
	s.Handle(http.MethodGet, "/t/:id", status.GetToken)
	s.Handle(http.MethodGet, "/b/:id", status.GetBitstring)

	// Other services of HMPPS.
	services := s.Group("/api", httpserver.GroupOptions{Descriptions: true})
	services.Handle(http.MethodPost, "/offers", api.PostOffer)
	services.Handle(http.MethodPost, "/revocations", api.PostRevocation)
	services.Handle(http.MethodPost, "/credentials/search", api.PostSearch)
}
