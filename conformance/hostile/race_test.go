package hostile_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
)

// crowd is how many do the same thing at once.
const crowd = 50

// atOnce has everybody act at the same moment, and returns what came of it.
func atOnce(act func(i int) string) []string {
	out := make([]string, crowd)
	var ready, done sync.WaitGroup
	ready.Add(crowd)
	for i := range crowd {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			out[i] = act(i)
		})
	}
	done.Wait()
	return out
}

// tally counts outcomes: "1 × 200, 49 × 401 invalid_token", the good ones first.
func tally(outcomes []string) string {
	counts := map[string]int{}
	for _, o := range outcomes {
		counts[o]++
	}
	var all []string
	for o, n := range counts {
		all = append(all, fmt.Sprintf("%d × %s", n, o))
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(a[strings.Index(a, "×"):], b[strings.Index(b, "×"):]) })
	return strings.Join(all, ", ")
}

// race is a case in which many do what only one may. How many documents may come of it is checked, too.
func race(name string, documents int64, make func(b *bench) func(i int) string, want, from string) hostile {
	return hostile{"fifty at once: " + name, func(b *bench) func() string {
		act, before := make(b), b.store.commits.Load()
		return func() string {
			b.mayWrite = true
			outcome := tally(atOnce(act))
			if made := b.store.commits.Load() - before; made != documents {
				return fmt.Sprintf("%d documents were made: %s", made, outcome)
			}
			return outcome
		}
	}, want, from}
}

func races() []hostile {
	const oneToken = "1 × 200, 49 × 401 invalid_token"
	const ledger = "P5; keycloak#48043, fosite GO-2021-0110: exactly one"
	return append([]hostile{
		race("one token, one offer", 1, func(b *bench) func(int) string {
			r := b.request()
			token, proof := r.token.compact(), r.proof.compact()
			return func(int) string { return r.send(token, proof) }
		}, oneToken, ledger),
		race("one offer, fifty tokens and nonces", 1, func(b *bench) func(int) string {
			r := b.request()
			id := r.token.claims["credential_identifiers"].([]string)[0]
			return func(i int) string {
				nonce := fmt.Sprintf("nonce-%d-%s", i, rand.Text())
				return r.send(b.access(id, nonce).compact(), b.proof(nonce).compact())
			}
		}, oneToken, ledger),
		race("one nonce, fifty tokens", 1, func(b *bench) func(int) string {
			nonce := "nonce-" + rand.Text()
			proof := b.proof(nonce).compact()
			r := request{b: b}
			return func(int) string { return r.send(b.access("", nonce).compact(), proof) }
		}, "1 × 200, 49 × 400 invalid_nonce", "keycloak#50519, #50120: a c_nonce is used once"),
		race("one token id, fifty nonces", 1, func(b *bench) func(int) string {
			id := rand.Text()
			r := request{b: b}
			return func(i int) string {
				nonce := fmt.Sprintf("nonce-%d-%s", i, rand.Text())
				return r.send(b.access("", nonce).with(nil, map[string]any{"jti": id}).compact(), b.proof(nonce).compact())
			}
		}, oneToken, "fosite GO-2021-0110: a jti is used once"),
		race("fifty documents, fifty places in the lists", 50, func(b *bench) func(int) string {
			r := request{b: b}
			return func(i int) string {
				nonce := fmt.Sprintf("nonce-%d-%s", i, rand.Text())
				return r.send(b.access("", nonce).compact(), b.proof(nonce).compact())
			}
		}, "50 × 200", "eudiplo#910, credebl#1706: one place for two documents; see the case below"),
		{"no two documents have one place", func(b *bench) func() string {
			return func() string {
				all, err := b.Store.CredentialsOf(b.ctx, person)
				if err != nil {
					return err.Error()
				}
				places := map[string]bool{}
				for _, c := range all {
					place := fmt.Sprint(c.Status.URI, " ", c.Status.Index)
					if places[place] {
						return "a place is given twice"
					}
					places[place] = true
				}
				return "every place is its own"
			}
		}, "every place is its own", "eudiplo#910, credebl#1706"},
		race("one document is ended", 0, func(b *bench) func(int) string {
			held := b.collect("mdoc")
			token, err := b.Token(b.ctx, rig.ServiceClient)
			if err != nil {
				b.t.Fatal(err)
			}
			body := mustJSON(map[string]string{"credentialId": held.NotificationID, "reason": "DEVICE_LOST"})
			return func(int) string {
				r, err := b.do(http.MethodPost, b.IssuerURL+"/api/revocations", bearer(token), body)
				if err != nil {
					return err.Error()
				}
				var ended struct{ Revoked []struct{ RevokedAt string } }
				if json.Unmarshal([]byte(r.body), &ended) != nil || len(ended.Revoked) != 1 {
					return r.outcome() + r.body
				}
				return "ended"
			}
		}, "50 × ended", "the first end stands, and each is told it"),
	}, presentationRaces()...)
}

func presentationRaces() []hostile {
	const once = "OpenID4VP 1.0 §14.1: a nonce is answered once"
	answered := func(b *bench, flow, mode string) (*rig.Presentation, *wallet.Ask, wallet.Token) {
		p, err := b.Begin(b.ctx, "council", "council-housing", flow, mode)
		if err != nil {
			b.t.Fatal(err)
		}
		var ask *wallet.Ask
		if flow == "dc_api" {
			ask, err = b.wallet.ReadAPI(p.DCRequest.Data.Request, b.VerifierURL, b.Roots())
		} else {
			ask, err = b.wallet.ReadLink(b.ctx, p.Link, b.Roots(), true)
		}
		if err != nil {
			b.t.Fatal(err)
		}
		return p, ask, b.token(ask)
	}
	return []hostile{
		race("one answer of a wallet", 0, func(b *bench) func(int) string {
			_, ask, token := answered(b, "cross_device", "")
			form, err := b.wallet.Form(ask, token, "")
			if err != nil {
				b.t.Fatal(err)
			}
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			return func(int) string { return b.ask(http.MethodPost, ask.ResponseURI, header.Clone(), form.Encode()) }
		}, "1 × 200, 49 × 400 invalid_request", once),
		race("one answer, encrypted fifty times", 0, func(b *bench) func(int) string {
			_, ask, token := answered(b, "cross_device", "")
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			return func(int) string {
				form, err := b.wallet.Form(ask, token, "")
				if err != nil {
					return err.Error()
				}
				return b.ask(http.MethodPost, ask.ResponseURI, header.Clone(), form.Encode())
			}
		}, "1 × 200, 49 × 400 invalid_request", once),
		race("one answer of the browser's API", 0, func(b *bench) func(int) string {
			p, ask, token := answered(b, "dc_api", "")
			data, err := b.wallet.Data(ask, token, "")
			if err != nil {
				b.t.Fatal(err)
			}
			return func(int) string {
				status, err := p.RespondAPI(b.ctx, p.DCRequest.Protocol, data)
				if err != nil {
					return err.Error()
				}
				return fmt.Sprint(status)
			}
		}, "1 × 200, 49 × 400", once),
	}
}

// token answers ask with the release confirmation.
func (b *bench) token(ask *wallet.Ask) wallet.Token {
	b.t.Helper()
	wanted, err := ask.Match(b.mdoc)
	if err != nil {
		b.t.Fatal(err)
	}
	token, err := b.wallet.Answer(ask, wanted)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// pageRaces are races of people's browsers.
func pageRaces() []hostile {
	return []hostile{
		race("one sign-in that comes back", 0, func(b *bench) func(int) string {
			w := b.browser()
			w.issuer("/sign-in").send(0, nil)
			to, form := w.form(0, url.Values{"account": {b.holderOf("alex").Subject}})
			back := returnOf(b, w, to, form)
			return func(int) string { return fmt.Sprint(w.clone().still().get(back).status) }
		}, "49 × 200, 1 × 303", "OpenID Connect Core §3.1.3: a code is used once, and so is what was kept for it"),
		race("one form for one offer", 0, func(b *bench) func(int) string {
			w := b.person("alex")
			w.issuer("/documents").get(w.link("See what it says"))
			to, form := w.form(0, nil)
			before := len(b.store.offered())
			b.still(func() string { return countIs(1, len(b.store.offered())-before) })
			return func(int) string { return fmt.Sprint(w.clone().still().open(http.MethodPost, to, nil, form).status) }
		}, "50 × 303", "one form makes one offer, however often it is sent"),
	}
}

func countIs(want, got int) string {
	if want != got {
		return fmt.Sprintf("%d, want %d", got, want)
	}
	return ""
}

// returnOf confirms a sign-in at the provider, and returns the address that it sends the browser back to.
func returnOf(b *bench, w *browser, to string, form url.Values) string {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost, to, bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	back := response.Header.Get("Location")
	if back == "" {
		b.t.Fatalf("the provider sends nobody back: %d", response.StatusCode)
	}
	return back
}

// replays are what was good once.
func replays() []hostile {
	used := func(b *bench) request {
		r := b.request()
		if wrong := r.granted(); wrong != "" {
			b.t.Fatal(wrong)
		}
		return r
	}
	return []hostile{
		{"a token that was used", func(b *bench) func() string {
			r := used(b)
			return func() string { return r.send(r.token.compact(), r.proof.compact()) }
		}, "401 invalid_token", "GOV.UK's harness: the second redemption is 401"},
		{"an offer that was used, under a new token", func(b *bench) func() string {
			r := used(b)
			nonce := "nonce-" + rand.Text()
			token := b.access(r.token.claims["credential_identifiers"].([]string)[0], nonce)
			return func() string { return r.send(token.compact(), b.proof(nonce).compact()) }
		}, "401 invalid_token", "GOV.UK's harness: the second redemption is 401"},
		{"a nonce that was used, under a new token for a refresh", func(b *bench) func() string {
			r := used(b)
			token := b.access("", r.token.claims["c_nonce"].(string))
			return func() string { return r.send(token.compact(), r.proof.compact()) }
		}, "400 invalid_nonce", "keycloak#48043"},
		{"a token that was used, spelt with its escapes", func(b *bench) func() string {
			r := used(b)
			escaped := strings.Replace(mustJSON(r.token.claims), `"jti":"`, `"\u006ati":"`, 1)
			return func() string { return r.send(r.token.over(mustJSON(r.token.header), escaped), r.proof.compact()) }
		}, "401 invalid_token", "a list of used tokens is kept by jti, never by their bytes"},
		{"another's proof, with the true nonce", func(b *bench) func() string {
			r := b.request()
			b.still(r.granted)
			proof := r.proof.with(nil, map[string]any{"nonce": "nonce-" + rand.Text()})
			return func() string { return r.send(r.token.compact(), proof.compact()) }
		}, "400 invalid_nonce", "GOV.UK: the nonce of this token"},
		{"a presentation for another check", func(b *bench) func() string {
			first, _ := b.jwtPresented("nonce-of-the-first")
			return func() string {
				return b.verify(map[string]any{"vpJwt": first, "nonce": "nonce-of-the-second", "audience": "x509_san_dns:verifier.test"})
			}
		}, "not_valid nonce_mismatch", "OpenID4VP 1.0 §14.1"},
		{"a presentation for another verifier", func(b *bench) func() string {
			first, nonce := b.jwtPresented("nonce-of-the-first")
			return func() string {
				return b.verify(map[string]any{"vpJwt": first, "nonce": nonce, "audience": "x509_san_dns:another.test"})
			}
		}, "not_valid audience_mismatch", "OpenID4VP 1.0 §14.1"},
		{"an mdoc for another session", func(b *bench) func() string {
			transcript := func(nonce string) []byte {
				return wallet.OID4VPTranscript("x509_san_dns:verifier.test", nonce, b.VerifierURL, nil)
			}
			response, err := b.wallet.PresentMDoc(b.mdoc, [][2]string{{release, "released"}}, transcript("one"))
			if err != nil {
				b.t.Fatal(err)
			}
			return func() string {
				return b.verify(map[string]any{"deviceResponse": b64(response), "sessionTranscript": b64(transcript("another"))})
			}
		}, "not_valid device_signature", "eudi-srv-verifier-endpoint#483: the transcript was not checked at all"},
	}
}

// jwtPresented is a presentation of the JWT that the wallet holds.
func (b *bench) jwtPresented(nonce string) (string, string) {
	b.t.Helper()
	vp, err := b.wallet.PresentJWT(b.jwt, nonce, "x509_san_dns:verifier.test")
	if err != nil {
		b.t.Fatal(err)
	}
	return vp, nonce
}
