package check

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"

	"justice-wallet/conformance/wallet"
)

// Judge holds the record against every rule.
func (r *VerifierRecord) Judge() Report {
	return Report{Subject: bare(r.URL), Began: r.Began, Findings: judge(slices.Concat(requestRules, playRules()), "", r, r.exchanges)}
}

var requestSteps = []string{first + ".begin", first + ".request"}

var requestRules = []rule[*VerifierRecord]{
	{"request.begin", "A check can be begun, and gives the wallet a link with client_id and request_uri", "OpenID4VP 1.0 §5.10", requestSteps[:1], func(r *VerifierRecord) error {
		return r.begun()
	}},
	{"request.type", "The request object is answered with 200 and its media type", "RFC 9101 §10.3; OpenID4VP 1.0 §5.10", requestSteps, func(r *VerifierRecord) error {
		if err := r.begun(); err != nil {
			return needs(err)
		}
		a, err := r.step(first + ".request")
		if err != nil {
			return err
		}
		return want(a.Status == http.StatusOK && a.isType("application/oauth-authz-req+jwt"), "%s", a.words())
	}},
	{"request.object", "It is signed under a trusted root by the client it names, for wallets, now, with a nonce of 128 bits, and echoes the wallet's", "OpenID4VP 1.0 §5, §5.9.3, §5.10", requestSteps, func(r *VerifierRecord) error {
		a, err := r.step(first + ".request")
		if err != nil {
			return needs(err)
		}
		if a.Status != http.StatusOK {
			return unknown("there is none")
		}
		if why, refused := r.Refused[first]; refused {
			return errors.New(why)
		}
		return nil
	}},
	{"request.encrypted", "The answer is to be encrypted", "HAIP 1.0 §5: direct_post.jwt", requestSteps, func(r *VerifierRecord) error {
		ask, ok := r.Asks[first]
		if !ok {
			return unknown("there is no request that a wallet may follow")
		}
		return want(ask.Key != nil && ask.ResponseMode == "direct_post.jwt", "the response mode is %q", printable(ask.ResponseMode, 40))
	}},
	{"request.response-uri", "The answer goes to https, or stays on this machine", "OpenID4VP 1.0 §8.2", requestSteps, func(r *VerifierRecord) error {
		ask, ok := r.Asks[first]
		if !ok {
			return unknown("there is no request that a wallet may follow")
		}
		u, err := url.Parse(ask.ResponseURI)
		if err != nil {
			return errors.New("response_uri is no URL")
		}
		ip := net.ParseIP(u.Hostname())
		return want(u.Scheme == "https" || u.Hostname() == "localhost" || ip != nil && ip.IsLoopback(), "it goes in the clear")
	}},
	{"request.minimal", "It asks for named elements, and never for whole documents", "UK GDPR article 5(1)(c); OpenID4VP 1.0 §6.4.1", requestSteps, func(r *VerifierRecord) error {
		a, err := r.step(first + ".request")
		if err != nil {
			return needs(err)
		}
		t, err := wallet.ParseJWS(string(a.Body))
		if err != nil {
			return unknown("there is no request object")
		}
		query := object(t.Claims, "dcql_query")
		credentials := objects(query["credentials"])
		if len(credentials) == 0 {
			return errors.New("it asks for no credential")
		}
		for _, c := range credentials {
			if len(objects(c["claims"])) == 0 {
				return errors.New("it asks for a whole document")
			}
		}
		return nil
	}},
	{"request.fresh", "No two requests have one nonce, one state or one encryption key", "OpenID4VP 1.0 §14.1; HAIP 1.0 §5", []string{first + ".request", "present.nonce.request"}, func(r *VerifierRecord) error {
		nonces, states, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, ask := range r.Asks {
			key := string(ask.Thumbprint())
			if nonces[ask.Nonce] || states[ask.State] || ask.Key != nil && keys[key] {
				return errors.New("two have")
			}
			nonces[ask.Nonce], states[ask.State], keys[key] = true, true, true
		}
		if len(r.Asks) < 2 {
			return unknown("there are no two requests")
		}
		return nil
	}},
	{"answer.type", "A good answer is told 200 in JSON", "OpenID4VP 1.0 §8.2", []string{first}, func(r *VerifierRecord) error {
		ok, err := r.accepted(first)
		if err != nil || !ok {
			return unknown("the good presentation was not accepted")
		}
		a, err := r.step(first)
		if err != nil {
			return needs(err)
		}
		_, err = a.json(http.StatusOK)
		return err
	}},
	{"answer.once", "A check is answered once: the same answer again is refused", "OpenID4VP 1.0 §14.1", []string{first, first + ".again"}, func(r *VerifierRecord) error {
		ok, err := r.accepted(first)
		if err != nil || !ok {
			return unknown("the good presentation was not accepted")
		}
		a, err := r.step(first + ".again")
		if err != nil {
			return needs(err)
		}
		return want(a.Status >= 400 && a.Status < 500, "%s", a.words())
	}},
}

// begun says whether the first check was.
func (r *VerifierRecord) begun() error {
	a, err := r.step(first + ".begin")
	if err != nil {
		return err
	}
	return want(a.Status/100 == 2 && r.Linked, "%s", a.words())
}

// playRules is one rule for each wallet.
func playRules() []rule[*VerifierRecord] {
	var out []rule[*VerifierRecord]
	for _, p := range plays() {
		out = append(out, rule[*VerifierRecord]{p.id, p.title, p.source, []string{p.id, p.id + ".result"}, func(r *VerifierRecord) error {
			if p.id == "present.surplus" {
				return r.dropped(p.id)
			}
			ok, err := r.accepted(p.id)
			switch {
			case err != nil:
				return err
			case p.good:
				return want(ok, "it was not")
			}
			return want(!ok, "it was accepted")
		}})
	}
	return out
}

// dropped says whether the surplus element is in what the verifier shows.
func (r *VerifierRecord) dropped(play string) error {
	if _, err := r.accepted(play); err != nil {
		return err
	}
	for _, step := range []string{play, play + ".result"} {
		if a, err := r.step(step); err == nil && bytes.Contains(a.Body, []byte(r.Canary)) {
			return errors.New("it was shown")
		}
	}
	return nil
}
