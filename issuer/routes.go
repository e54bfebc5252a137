package issuer

import (
	"net/http"

	"justice-wallet/issuer/internal/certificates"
	"justice-wallet/issuer/internal/console"
	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/holder"
	"justice-wallet/issuer/internal/letters"
	"justice-wallet/issuer/internal/serviceapi"
	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/keys"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/httpserver"
)

// routes is every path of the issuer, but /livez and /readyz, which every server has.
func routes(s *httpserver.Server, wallet *govuk.Profile, api *serviceapi.API, status *statusapi.Service, lists *certificates.Lists) {
	// GOV.UK Wallet and GOV.UK One Login.
	s.Handle(http.MethodGet, "/.well-known/openid-credential-issuer", wallet.GetMetadata)
	s.Handle(http.MethodGet, "/.well-known/jwks.json", wallet.GetJWKS)
	s.Handle(http.MethodGet, "/.well-known/did.json", wallet.GetDID)
	s.Handle(http.MethodGet, "/iacas", wallet.GetIACAs)
	s.Handle(http.MethodPost, "/credential", wallet.PostCredential)
	s.Handle(http.MethodPost, "/notification", wallet.PostNotification)

	// Anyone who checks who signed. The first is for certificates made before a root's list had a name of its own.
	s.Handle(http.MethodGet, "/crl", lists.Get)
	s.Handle(http.MethodGet, "/crl/:id", lists.Get)

	// Anyone who reads a document's status.
	s.Handle(http.MethodGet, "/t/:id", status.GetToken)
	s.Handle(http.MethodGet, "/b/:id", status.GetBitstring)

	// Other services of HMPPS.
	services := s.Group("/api", httpserver.GroupOptions{Descriptions: true})
	services.Handle(http.MethodPost, "/offers", api.PostOffer)
	services.Handle(http.MethodPost, "/revocations", api.PostRevocation)
	services.Handle(http.MethodPost, "/credentials/search", api.PostSearch)
	services.Handle(http.MethodPost, "/cases/search", api.PostCases)
	services.Handle(http.MethodPost, "/cases/timeline", api.PostTimeline)
	services.Handle(http.MethodGet, "/endings", api.GetEndings)
	services.Handle(http.MethodPost, "/endings", api.PostEnding)
	services.Handle(http.MethodPost, "/endings/effect", api.PostEffect)
	services.Handle(http.MethodGet, "/endings/:id", api.GetEnding)
	services.Handle(http.MethodPost, "/endings/:id/stop", api.PostStop)
	services.Handle(http.MethodPost, "/endings/:id/agreement", api.PostAgreement)
	services.Handle(http.MethodPost, "/approvals", api.PostApproval)
	services.Handle(http.MethodPost, "/approvals/search", api.PostApprovals)
	services.Handle(http.MethodGet, "/openapi.yaml", api.GetDescription)
	large := s.Group("/api", httpserver.GroupOptions{Descriptions: true, MaxBody: serviceapi.MaxLargeBody})
	large.Handle(http.MethodPost, "/endings/large", api.PostLarge)
}

// statusRoutes is what issuers that are registered with our status lists ask (GOV.UK Status List Service). Their errors have
// the contract's form.
func statusRoutes(s *httpserver.Server, k *statusapi.Contract) {
	errors := httpserver.GroupOptions{Page: statusapi.WriteError}
	s.Group("/issue", errors).Handle(http.MethodPost, "", k.PostIssue)
	s.Group("/revoke", errors).Handle(http.MethodPost, "", k.PostRevoke)
}

// personRoutes is every path of the pages for the person whose documents they are.
func personRoutes(s *httpserver.Server, p *holder.Door) {
	pages := s.Group("", httpserver.GroupOptions{Page: p.ErrorPage})

	// Anyone.
	pages.Handle(http.MethodGet, "/", p.GetStart)
	pages.Handle(http.MethodGet, "/help", p.GetHelp)
	pages.Handle(http.MethodGet, "/privacy", p.GetPrivacy)
	pages.Handle(http.MethodGet, "/accessibility", p.GetAccessibility)
	pages.Handle(http.MethodGet, "/cookies", p.GetCookies)
	pages.Handle(http.MethodGet, "/sign-in", p.GetSignIn)
	pages.Handle(http.MethodPost, "/sign-in", p.PostSignIn)
	pages.Handle(http.MethodGet, "/sign-in/return", p.GetReturn)
	pages.Handle(http.MethodGet, "/sign-out", p.GetSignOut)
	pages.Handle(http.MethodGet, "/exit", p.GetExit)

	// Someone who is signed in, and matched to one record. A name in an address means something in their visit alone.
	pages.Handle(http.MethodGet, "/documents", p.SignedIn(p.GetDocuments))
	pages.Handle(http.MethodGet, "/documents/choose", p.SignedIn(p.GetChoose))
	pages.Handle(http.MethodPost, "/documents/choose", p.SignedIn(p.PostChoose))
	pages.Handle(http.MethodGet, "/documents/:id", p.SignedIn(p.GetDocument))
	pages.Handle(http.MethodPost, "/documents/:id", p.SignedIn(p.PostDocument))
	pages.Handle(http.MethodGet, "/offers/:id", p.SignedIn(p.GetOffer))
	pages.Handle(http.MethodPost, "/offers/:id", p.SignedIn(p.PostOffer))
	pages.Handle(http.MethodGet, "/offers/:id/qr.png", p.SignedIn(p.GetQR))
	pages.Handle(http.MethodGet, "/offers/:id/state", p.SignedIn(p.GetState))
	pages.Handle(http.MethodGet, "/remove/:id", p.SignedIn(p.GetRemove))
	pages.Handle(http.MethodPost, "/remove/:id", p.SignedIn(p.PostRemove))
	pages.Handle(http.MethodGet, "/refresh", p.SignedIn(p.GetRefresh))
	pages.Handle(http.MethodGet, "/letter", p.SignedIn(p.GetLetter))
	pages.Handle(http.MethodGet, "/letter/:step", p.SignedIn(p.GetLetterStep))
	pages.Handle(http.MethodPost, "/letter/:step", p.SignedIn(p.PostLetterStep))
}

// letterRoutes is what an issuer of letters has for those who check them.
func letterRoutes(s *httpserver.Server, ring keys.Keyring) {
	s.Handle(http.MethodGet, "/.well-known/letter-keys.json", letters.GetKeys(ring))
}

// consoleRoutes is every path of the pages for caseworkers, with the role it needs.
func consoleRoutes(s *httpserver.Server, d *console.Door) {
	pages := s.Group("/console", httpserver.GroupOptions{Page: d.ErrorPage})
	pages.Handle(http.MethodGet, "/sign-in", d.GetSignIn)
	pages.Handle(http.MethodPost, "/sign-in", d.PostSignIn)
	pages.Handle(http.MethodGet, "/sign-in/return", d.GetReturn)
	pages.Handle(http.MethodGet, "/sign-out", d.GetSignOut)
	pages.Handle(http.MethodGet, "", d.SignedIn(casework.RoleView, d.GetHome))
	pages.Handle(http.MethodPost, "", d.SignedIn(casework.RoleView, d.PostHome))
	pages.Handle(http.MethodGet, "/results", d.SignedIn(casework.RoleView, d.GetResults))

	// One person. A name in an address means something in one visit alone.
	pages.Handle(http.MethodGet, "/people/:person", d.SignedIn(casework.RoleView, d.GetPerson))
	pages.Handle(http.MethodGet, "/people/:person/timeline", d.SignedIn(casework.RoleView, d.GetTimeline))
	pages.Handle(http.MethodGet, "/people/:person/licence", d.SignedIn(casework.RoleView, d.GetLicence))
	pages.Handle(http.MethodGet, "/people/:person/approvals", d.SignedIn(casework.RoleView, d.GetApprovals))
	pages.Handle(http.MethodGet, "/people/:person/offer", d.SignedIn(casework.RoleIssue, d.GetOffer))
	pages.Handle(http.MethodPost, "/people/:person/offer", d.SignedIn(casework.RoleIssue, d.PostOffer))
	pages.Handle(http.MethodGet, "/people/:person/approval", d.SignedIn(casework.RoleIssue, d.GetApproval))
	pages.Handle(http.MethodPost, "/people/:person/approval", d.SignedIn(casework.RoleIssue, d.PostApproval))
	pages.Handle(http.MethodGet, "/people/:person/end/:what", d.SignedIn(casework.RoleRevoke, d.GetEnd))
	pages.Handle(http.MethodPost, "/people/:person/end/:what", d.SignedIn(casework.RoleRevoke, d.PostEnd))
	pages.Handle(http.MethodGet, "/people/:person/end/:what/effect", d.SignedIn(casework.RoleRevoke, d.GetEffect))
	pages.Handle(http.MethodPost, "/people/:person/end/:what/effect", d.SignedIn(casework.RoleRevoke, d.PostEffect))
	pages.Handle(http.MethodGet, "/people/:person/end/:what/check", d.SignedIn(casework.RoleRevoke, d.GetCheck))
	pages.Handle(http.MethodPost, "/people/:person/end/:what/check", d.SignedIn(casework.RoleRevoke, d.PostCheck))

	// Many documents of many people, and what a second person agrees to.
	pages.Handle(http.MethodGet, "/batch", d.SignedIn(casework.RoleRevoke, d.GetEnd))
	pages.Handle(http.MethodPost, "/batch", d.SignedIn(casework.RoleRevoke, d.PostEnd))
	pages.Handle(http.MethodGet, "/batch/effect", d.SignedIn(casework.RoleRevoke, d.GetEffect))
	pages.Handle(http.MethodPost, "/batch/effect", d.SignedIn(casework.RoleRevoke, d.PostEffect))
	pages.Handle(http.MethodGet, "/batch/check", d.SignedIn(casework.RoleRevoke, d.GetCheck))
	pages.Handle(http.MethodPost, "/batch/check", d.SignedIn(casework.RoleRevoke, d.PostCheck))
	pages.Handle(http.MethodGet, "/queue", d.SignedIn(casework.RoleApprove, d.GetQueue))
	pages.Handle(http.MethodGet, "/endings/:id", d.SignedIn("", d.GetEnding))
	pages.Handle(http.MethodPost, "/endings/:id/stop", d.SignedIn("", d.PostStop))
	pages.Handle(http.MethodPost, "/endings/:id/alone", d.SignedIn(casework.RoleRevoke, d.PostAlone))
	pages.Handle(http.MethodPost, "/endings/:id/review", d.SignedIn(casework.RoleApprove, d.PostReview))
	pages.Handle(http.MethodPost, "/endings/:id/approve", d.SignedIn(casework.RoleApprove, d.PostApprove))
}

// printRoutes is where caseworkers print letters: those that people wait for, and one straight from a person's page.
func printRoutes(s *httpserver.Server, d *console.Door) {
	pages := s.Group("/console", httpserver.GroupOptions{Page: d.ErrorPage})
	pages.Handle(http.MethodGet, "/letters", d.SignedIn(casework.RoleIssue, d.GetLetters))
	pages.Handle(http.MethodPost, "/letters", d.SignedIn(casework.RoleIssue, d.PostLetters))
	pages.Handle(http.MethodGet, "/letters/:handle", d.SignedIn(casework.RoleIssue, d.GetPrinted))
	pages.Handle(http.MethodGet, "/letters/:handle/code.svg", d.SignedIn(casework.RoleIssue, d.GetPrintedCode))
	pages.Handle(http.MethodGet, "/people/:person/letter", d.SignedIn(casework.RoleIssue, d.GetLetter))
	pages.Handle(http.MethodPost, "/people/:person/letter", d.SignedIn(casework.RoleIssue, d.PostLetter))
}
