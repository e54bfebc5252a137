// Package story is the main job as a sequence of steps, each with its evidence: what the demonstration prints, and what
// the mutation tests expect to fail when a rule is taken out.
package story

import (
	"context"
	"errors"
	"fmt"

	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// Step is one thing that should hold.
type Step struct {
	Name     string         `json:"step"`
	OK       bool           `json:"ok"`
	Evidence map[string]any `json:"evidence"`
}

// Synthetic people of the story (conformance/hmpps/people.json).
const (
	person     = "A0002SY" // "recalled-during-refresh"
	personKey  = "recalled-during-refresh"
	account    = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfTheDemonstration000000000"
	strangerID = "urn:fdc:wallet.account.gov.uk:2024:SyntheticAccountOfAStranger0000000000000000"
)

const (
	release = "uk.gov.justice.prisonrelease.1"
	licence = "uk.gov.justice.licence.1"
	iso     = "org.iso.23220.1"
)

// player plays the steps, and stops at the first error that leaves nothing to go on with.
type player struct {
	rig    *rig.Rig
	wallet *wallet.Wallet
	tell   func(Step) error
	held   map[string]*wallet.Held
}

// card is one document of the story, and what the check asks of it.
type card struct {
	label, documentType, format string
	ask                         [][2]string
}

func cards() []card {
	return []card{
		{"release confirmation (mdoc)", release, "mdoc", [][2]string{{iso, "family_name"}, {release, "released"}}},
		{"licence summary (mdoc)", licence, "mdoc", [][2]string{{iso, "family_name"}, {licence, "needs_address_approval"}}},
		{"licence summary (JWT)", licence, "jwt", nil},
	}
}

// Play tells each step as it ends. An error of Play itself means the story could not be told at all.
func Play(ctx context.Context, r *rig.Rig, tell func(Step) error) error {
	w, err := r.NewWallet(ctx, account)
	if err != nil {
		return err
	}
	p := &player{rig: r, wallet: w, tell: tell, held: map[string]*wallet.Held{}}
	if err := p.keys(); err != nil {
		return err
	}
	for _, c := range cards() {
		if err := p.issue(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range cards() {
		if err := p.present(ctx, "present "+c.label, c, "valid", ""); err != nil {
			return err
		}
	}
	for _, c := range []card{cards()[0], cards()[2]} {
		if err := p.anotherPhone(ctx, c); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{
		p.councilAsks("a council asks the wallet", "valid", "This document is genuine and valid"), p.employerAsksTooMuch,
		p.anotherPerson, p.offerAgain, p.refresh, p.recall, p.revoke,
		p.councilAsks("a council asks again after the recall", "not_valid", "This document is no longer valid"),
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, c := range cards() {
		if err := p.present(ctx, "present "+c.label+" again", c, "not_valid", "status"); err != nil {
			return err
		}
	}
	return p.refreshRefused(ctx)
}

// keys tells where the private keys are, which must be one place.
func (p *player) keys() error {
	all, providers := p.rig.Ring.All(), map[string]bool{}
	place := ""
	for _, k := range all {
		place = k.Provider
		if place == "" {
			place = "file"
		}
		providers[place] = true
	}
	return p.tell(Step{"private keys are in one place", len(providers) == 1, map[string]any{"provider": place, "keys": len(all)}})
}

// issue has the front end make an offer, and the wallet collect it. The wallet checks, with decoders of its own, that the
// document is bound to its own key, signed under the published root, and holds only what the metadata lists.
func (p *player) issue(ctx context.Context, c card) error {
	link, err := p.rig.Offer(ctx, rig.OfferRequest{DocumentType: c.documentType, Format: c.format, Record: person, WalletSubject: account})
	if err != nil {
		return p.tell(failed("issue "+c.label, err))
	}
	h, err := p.wallet.Collect(ctx, link)
	if err != nil {
		return p.tell(failed("issue "+c.label, err))
	}
	p.held[c.label] = h
	return p.tell(Step{"issue " + c.label, true, map[string]any{
		"documentType": c.documentType, "format": h.Format, "elements": len(h.Elements), "statusUri": h.Status.URI, "statusIndex": h.Status.Index,
		"validUntil": h.ValidUntil, "expectedUpdate": h.ExpectedUpdate, "holder": p.wallet.DIDKey(),
	}})
}

// present shows a document to the verifier, and expects a verdict and, when it is bad, the check that says so.
func (p *player) present(ctx context.Context, name string, c card, verdict, culprit string) error {
	h := p.held[c.label]
	if h == nil {
		return p.tell(failed(name, errors.New("the wallet does not hold it")))
	}
	result, err := p.rig.Present(ctx, p.wallet, h, c.ask)
	if err != nil {
		return p.tell(failed(name, err))
	}
	return p.tell(judged(name, result, verdict, culprit))
}

func judged(name string, result rig.Result, verdict, culprit string) Step {
	ok := result.Verdict == verdict && (verdict == "valid") == (len(result.Elements) > 0)
	checks, blamed := []string{}, ""
	for _, c := range result.Checks {
		line := c.Name + " " + c.Outcome
		if c.Reason != "" && c.Outcome != "passed" {
			line += " (" + c.Reason + ")"
		}
		checks = append(checks, line)
		if c.Outcome == "failed" && blamed == "" {
			blamed = c.Name
		}
	}
	return Step{name, ok && blamed == culprit, map[string]any{
		"verdict": result.Verdict, "documentType": result.DocumentType, "checks": checks, "elementsShown": len(result.Elements),
	}}
}

// anotherPhone copies a document to another phone of the same person: it was not issued to that key.
func (p *player) anotherPhone(ctx context.Context, c card) error {
	name := "show the " + c.label + " from another phone"
	thief, err := p.rig.NewWallet(ctx, account)
	if err != nil || p.held[c.label] == nil {
		return p.tell(failed(name, errors.Join(err, errors.New("nothing to copy"))))
	}
	result, err := p.rig.Present(ctx, thief, p.held[c.label], c.ask)
	if err != nil {
		return p.tell(failed(name, err))
	}
	return p.tell(judged(name, result, "not_valid", "holder_binding"))
}

// anotherPerson has a stranger's wallet try to collect an offer made for the person.
func (p *player) anotherPerson(ctx context.Context) error {
	const name = "collect another person's offer"
	stranger, err := p.rig.NewWallet(ctx, strangerID)
	if err != nil {
		return p.tell(failed(name, err))
	}
	link, err := p.rig.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: account})
	if err != nil {
		return p.tell(failed(name, err))
	}
	_, err = stranger.Collect(ctx, link)
	return p.tell(refusedWith(name, err, 401, "invalid_token"))
}

// offerAgain spends an offer, and then tries it again: with the code, which One Login refuses, and with a second access
// token for it, which the issuer itself refuses.
func (p *player) offerAgain(ctx context.Context) error {
	const name = "collect one offer twice"
	link, err := p.rig.Offer(ctx, rig.OfferRequest{DocumentType: release, Format: "mdoc", Record: person, WalletSubject: account})
	if err != nil {
		return p.tell(failed(name, err))
	}
	if _, err := p.wallet.Collect(ctx, link); err != nil {
		return p.tell(failed(name, err))
	}
	_, err = p.wallet.Collect(ctx, link)
	var refused *wallet.RefusedError
	if !errors.As(err, &refused) || refused.Status != 400 || refused.Code != "invalid_grant" {
		return p.tell(failed(name, fmt.Errorf("the stand-in for One Login took the code twice: %v", err)))
	}
	status, err := p.secondToken(ctx, link)
	if err != nil {
		return p.tell(failed(name, err))
	}
	return p.tell(Step{name, status == 401, map[string]any{"oneLogin": refused.Error(), "issuer": status}})
}

// secondToken asks for the credential of link's offer with a new access token and nonce, and returns the answer's status.
func (p *player) secondToken(ctx context.Context, link string) (int, error) {
	const nonce = "a-nonce-of-the-story-0000000000000000"
	offer, err := wallet.ParseOffer(link)
	if err != nil {
		return 0, err
	}
	id, err := rig.OfferID(offer.Code)
	if err != nil {
		return 0, err
	}
	token, err := p.rig.OneLogin.MintAccessToken(onelogin.AccessClaims{
		Subject: account, Issuer: p.rig.IssuerURL, Configuration: offer.Configuration, Identifier: id, Nonce: nonce,
	})
	if err != nil {
		return 0, err
	}
	proof, err := p.wallet.Proof(p.rig.IssuerURL, nonce)
	if err != nil {
		return 0, err
	}
	body := `{"proof":{"proof_type":"jwt","jwt":"` + proof + `"}}`
	status, _, _, err := p.wallet.RequestCredential(ctx, p.rig.IssuerURL+"/credential", token, []byte(body))
	return status, err
}

// refresh renews a document while the person is still entitled: a new copy, in a new status slot.
func (p *player) refresh(ctx context.Context) error {
	const name = "refresh while entitled"
	label := cards()[0].label
	old := p.held[label]
	if old == nil {
		return p.tell(failed(name, errors.New("the wallet does not hold it")))
	}
	h, err := p.wallet.Refresh(ctx, old)
	if err != nil {
		return p.tell(failed(name, err))
	}
	p.held[label] = h
	return p.tell(Step{name, h.Status != old.Status && h.Raw != old.Raw, map[string]any{"oldIndex": old.Status.Index, "newIndex": h.Status.Index, "statusUri": h.Status.URI}})
}

// recall has the systems of record say that the person was recalled: from then on, and before anyone revokes anything,
// the wallet gets no new copy.
func (p *player) recall(ctx context.Context) error {
	const name = "refresh after a recall, before anyone revokes"
	h := p.held[cards()[0].label]
	if err := p.rig.HMPPS.Recall(personKey); err != nil || h == nil {
		return p.tell(failed(name, errors.Join(err, errors.New("nothing to refresh"))))
	}
	_, err := p.wallet.Refresh(ctx, h)
	return p.tell(refusedWith(name, err, 400, "credential_request_denied"))
}

// revoke has a caseworker end everything the person holds.
func (p *player) revoke(ctx context.Context) error {
	const name = "a caseworker revokes on recall"
	ended, err := p.rig.Revoke(ctx, person, "RECALLED_STANDARD")
	if err != nil {
		return p.tell(failed(name, err))
	}
	ok := len(ended) > 0
	for _, h := range p.held {
		value, err := p.wallet.CheckStatus(ctx, h.Status)
		ok = ok && err == nil && value == 1
	}
	return p.tell(Step{name, ok, map[string]any{"ended": len(ended), "publishedAs": "1 (invalid), seen by the wallet in the signed list"}})
}

// refreshRefused shows that a wallet cannot get a new copy of what has ended: the decision is taken again.
func (p *player) refreshRefused(ctx context.Context) error {
	for _, c := range cards() {
		name := "refresh of " + c.label + " is refused"
		h := p.held[c.label]
		if h == nil {
			if err := p.tell(failed(name, errors.New("the wallet does not hold it"))); err != nil {
				return err
			}
			continue
		}
		_, err := p.wallet.Refresh(ctx, h)
		if err := p.tell(refusedWith(name, err, 401, "invalid_token")); err != nil {
			return err
		}
	}
	return nil
}

// refusedWith expects one refusal by the issuer.
func refusedWith(name string, err error, status int, code string) Step {
	var refused *wallet.RefusedError
	ok := errors.As(err, &refused) && refused.Status == status && refused.Code == code
	return Step{name, ok, map[string]any{"answer": fmt.Sprint(err)}}
}

func failed(name string, err error) Step {
	return Step{name, false, map[string]any{"error": err.Error()}}
}
