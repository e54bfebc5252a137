package leaks

import (
	"crypto/rand"
	"html"
	"slices"
	"time"

	"justice-wallet/conformance/hmpps"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/purpose"
)

// Synthetic are the canaries of every test run: what the stand-ins know of their people.
func Synthetic() (Canaries, error) {
	h, err := hmpps.New(hmpps.Options{Now: time.Now, Rand: rand.Reader, Clients: []hmpps.Client{{ID: "leaks", Secret: rand.Text()}}})
	if err != nil {
		return Canaries{}, err
	}
	c := Canaries{Unsaid: h.Unsaid(), Numbers: append(h.Numbers(), reasons()...)}
	for _, p := range h.People() {
		c.Names = append(c.Names, p.LastName)
	}
	for _, a := range onelogin.SyntheticAccounts() {
		c.Names = append(c.Names, a.Subject, a.WalletSubject, a.Email, a.FamilyName)
	}
	if c.Said, err = said(); err != nil {
		return Canaries{}, err
	}
	// "Policy" is a name of theirs and a word of every header.
	c.Names = slices.DeleteFunc(c.Names, func(s string) bool { return s == "" || s == "Policy" })
	slices.Sort(c.Names)
	c.Names = slices.Compact(c.Names)
	return c, nil
}

// said lists the phrases that say what is never shown, as purposes do, and names of systems.
func said() ([]string, error) {
	catalogue, err := document.Shipped()
	if err != nil {
		return nil, err
	}
	register, err := purpose.Shipped(catalogue)
	if err != nil {
		return nil, err
	}
	out := []string{"ask prisoner search:"}
	for _, o := range register.Organisations() {
		for _, row := range register.Of(o.Type) {
			out = append(out, html.EscapeString(row.Never.EN), html.EscapeString(row.Never.CY), row.Never.EN, row.Never.CY)
		}
	}
	return out, nil
}

// reasons are those whose code is no word that a page could say.
func reasons() []string {
	var out []string
	for _, r := range []issuance.Reason{
		issuance.ReasonRecallStandard, issuance.ReasonRecallFixedTerm, issuance.ReasonResentenced, issuance.ReasonLicenceVaried, issuance.ReasonLicenceEnded,
		issuance.ReasonIssuedInError, issuance.ReasonDetailsWrong, issuance.ReasonDeviceLost, issuance.ReasonHolderRequest, issuance.ReasonApprovalWithdrew,
		issuance.ReasonRecordMerged, issuance.ReasonKeyCompromise,
	} {
		out = append(out, string(r))
	}
	return out
}
