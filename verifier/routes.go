package verifier

import (
	"net/http"

	"justice-wallet/verifier/internal/openid4vp"
)

// routes lists every path; httpserver adds /livez and /readyz.
func (v *Verifier) routes() {
	v.server.Handle(http.MethodGet, "/openapi.yaml", v.describe)
	v.server.Handle(http.MethodPost, "/verify", v.verify)
	if v.wallets == nil {
		return
	}
	// For whoever asks, and their browser.
	v.server.Handle(http.MethodPost, "/presentations", v.start)
	v.server.Handle(http.MethodGet, "/presentations/:id", v.state)
	v.server.Handle(http.MethodPost, "/presentations/:id/response", v.respondAPI)
	v.server.Handle(http.MethodPost, "/presentations/:id/messages", v.relay)
	v.server.Handle(http.MethodGet, "/receipts/:id", v.findReceipt)
	// For wallets.
	v.server.Handle(http.MethodGet, openid4vp.RequestPath+":id", v.request)
	v.server.Handle(http.MethodPost, openid4vp.RequestPath+":id", v.request)
	v.server.Handle(http.MethodPost, openid4vp.ResponsePath+":id", v.respond)
}
