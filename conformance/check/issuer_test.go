package check_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/rig"
)

const account = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheCheck00000000000000000"

func (w *world) offer(t *testing.T, request rig.OfferRequest) string {
	t.Helper()
	request.WalletSubject = account
	link, err := w.Offer(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func (w *world) options(offers ...string) check.IssuerOptions {
	return check.IssuerOptions{
		HTTP: client, Limits: check.DefaultLimits(), Now: time.Now, Rand: rand.Reader, Server: w.server, URL: w.IssuerURL,
		Offers: offers, Subject: account, ClientID: rig.ClientID,
	}
}

// Every document that this project issues, in every form: all rules hold.
func TestOwnIssuer(t *testing.T) {
	w := newWorld(t)
	for name, request := range map[string]rig.OfferRequest{
		"release mdoc":  {DocumentType: "uk.gov.justice.prisonrelease.1", Format: "mdoc", Record: "A0001SY"},
		"release jwt":   {DocumentType: "uk.gov.justice.prisonrelease.1", Format: "jwt", Record: "A0001SY"},
		"licence mdoc":  {DocumentType: "uk.gov.justice.licence.1", Format: "mdoc", Record: "A0001SY"},
		"licence jwt":   {DocumentType: "uk.gov.justice.licence.1", Format: "jwt", Record: "A0001SY"},
		"approval mdoc": {DocumentType: "uk.gov.justice.probationapproval.1", Format: "mdoc", Record: "A0025SY", Item: "APR-0001"},
		"approval jwt":  {DocumentType: "uk.gov.justice.probationapproval.1", Format: "jwt", Record: "A0026SY", Item: "APR-0002"},
		"mDL":           {DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver"},
		"veteran card":  {DocumentType: "uk.gov.conformance.veterancard", Format: "jwt", Record: "synthetic-veteran"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := check.Issuer(context.Background(), w.options(w.offer(t, request)))
			if err != nil {
				t.Fatal(err)
			}
			if report.Verdict() != check.Held {
				t.Errorf("%s\n%s", report.Summary(), notHeld(report))
			}
			t.Log(report.Summary())
		})
	}
}

func notHeld(r check.Report) string {
	var out string
	for _, f := range r.Findings {
		if f.Verdict != check.Held && f.Verdict != check.Apart {
			out += string(f.Verdict) + " " + f.ID + " " + f.Subject + ": " + f.Detail + "\n"
		}
	}
	return out
}
