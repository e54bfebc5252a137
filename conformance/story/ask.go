package story

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// councilAsks has a council ask by OpenID4VP, and the wallet answer encrypted with what matches: a release confirmation.
func (p *player) councilAsks(name, verdict, heading string) func(context.Context) error {
	return func(ctx context.Context) error {
		h := p.held[cards()[0].label]
		if h == nil {
			return p.tell(failed(name, errors.New("the wallet does not hold it")))
		}
		check, err := p.rig.Begin(ctx, "council", "council-housing", "cross_device", "")
		if err != nil {
			return p.tell(failed(name, err))
		}
		ask, err := p.wallet.ReadLink(ctx, check.Link, p.rig.Roots(), true)
		if err != nil {
			return p.tell(failed(name, err))
		}
		wanted, err := ask.Match(h)
		if err != nil {
			return p.tell(failed(name, err))
		}
		token, err := p.wallet.Answer(ask, wanted)
		if err != nil {
			return p.tell(failed(name, err))
		}
		var form url.Values
		if form, err = p.wallet.Form(ask, token, "A256GCM"); err != nil {
			return p.tell(failed(name, err))
		}
		status, _, err := p.wallet.Post(ctx, ask.ResponseURI, form)
		if err != nil {
			return p.tell(failed(name, err))
		}
		result, _, err := check.Result(ctx, "")
		if err != nil || len(result.Documents) != 1 {
			return p.tell(failed(name, errors.Join(err, errors.New("not one document"))))
		}
		shown := len(result.Documents[0].Elements)
		ok := result.Verdict == verdict && result.Words.Heading == heading && (shown > 0) == (verdict == "valid") && (status == 200) == (verdict == "valid")
		return p.tell(Step{name, ok, map[string]any{
			"clientId": ask.ClientID, "responseMode": ask.ResponseMode, "walletIsTold": status, "verdict": result.Verdict, "deskReads": result.Words.Heading,
			"elementsShown": shown, "receipt": result.Receipt,
		}})
	}
}

// employerAsksTooMuch has an employer try to ask the council's question: there is no such request.
func (p *player) employerAsksTooMuch(ctx context.Context) error {
	const name = "an employer asks the council's question"
	_, err := p.rig.Begin(ctx, "employer", "council-housing", "cross_device", "")
	if err == nil {
		return p.tell(failed(name, errors.New("the request was made")))
	}
	return p.tell(Step{name, strings.Contains(err.Error(), "403") && strings.Contains(err.Error(), "purpose_not_allowed"), map[string]any{"answer": err.Error()}})
}
