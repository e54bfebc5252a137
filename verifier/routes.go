package verifier

import (
	"net/http"

	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier/internal/desk"
	"justice-wallet/verifier/internal/letter"
	"justice-wallet/verifier/internal/openid4vp"
)

// routes lists every path; httpserver adds /livez and /readyz.
func (v *Verifier) routes() {
	v.server.Handle(http.MethodGet, "/openapi.yaml", v.describe)
	v.server.Handle(http.MethodPost, "/verify", v.verify)
	if v.assets != nil {
		v.server.Mount(ui.AssetsPath, v.assets)
	}
	if v.letters != nil {
		v.letterRoutes()
	}
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
	if v.desk != nil {
		deskRoutes(v.server, v.desk)
	}
}

// deskRoutes is every path of the pages for organisations.
func deskRoutes(s *httpserver.Server, d *desk.Door) {
	pages := s.Group("", httpserver.GroupOptions{Page: d.ErrorPage})

	// Anyone.
	pages.Handle(http.MethodGet, "/", d.GetStart)
	pages.Handle(http.MethodGet, "/privacy", d.GetPrivacy)
	pages.Handle(http.MethodGet, "/accessibility", d.GetAccessibility)
	pages.Handle(http.MethodGet, "/cookies", d.GetCookies)
	pages.Handle(http.MethodGet, "/receipts", d.GetReceipts)
	pages.Handle(http.MethodPost, "/receipts", d.PostReceipts)
	pages.Handle(http.MethodGet, "/sign-in", d.GetSignIn)
	pages.Handle(http.MethodGet, "/sign-in/return", d.GetReturn)
	pages.Handle(http.MethodGet, "/sign-out", d.GetSignOut)

	// Someone of a known organisation. A check is found by the visit that began it alone.
	pages.Handle(http.MethodGet, "/purpose", d.SignedIn(d.GetPurpose))
	pages.Handle(http.MethodPost, "/purpose", d.SignedIn(d.PostPurpose))
	pages.Handle(http.MethodGet, "/ask", d.SignedIn(d.GetAsk))
	pages.Handle(http.MethodPost, "/ask", d.SignedIn(d.PostAsk))
	pages.Handle(http.MethodGet, desk.ReturnPath+":id", d.SignedIn(d.GetCheck))
	pages.Handle(http.MethodGet, desk.ReturnPath+":id/events", d.SignedIn(d.GetEvents))
	pages.Handle(http.MethodGet, desk.ReturnPath+":id/qr.png", d.SignedIn(d.GetQR))
}

// letterRoutes are for anyone who is shown a letter on paper.
func (v *Verifier) letterRoutes() {
	pages := v.server.Group("", httpserver.GroupOptions{Page: v.letters.Error})
	pages.Handle(http.MethodGet, letter.Path, v.letters.Get)
	pages.Handle(http.MethodGet, letter.CheckPath, v.letters.GetCheck)
	pages.Handle(http.MethodPost, letter.CheckPath, v.letters.PostCheck)
	// For the page's script.
	v.server.Handle(http.MethodGet, letter.KeysPath, v.letters.GetKeys)
	v.server.Handle(http.MethodGet, letter.StatusPath, v.letters.GetStatus)
}
