package hostile_test

import (
	"crypto/rsa"
	"net/url"
	"slices"
	"strings"
	"time"
)

// idTokens are bad ID tokens of the provider at which organisations sign in: nobody is let in, and the true one is afterwards.
func idTokens() []hostile {
	claims := func(name, member string, value any, from string) trick {
		return trick{name: name, from: from, do: func(j jws) string { return j.with(nil, map[string]any{member: value}).compact() }}
	}
	const core = "OpenID Connect Core §3.1.3.7"
	tricks := slices.Concat(algorithmTricks(), serialisationTricks(), embeddedTricks(), []trick{
		claims("another issuer", "iss", "https://elsewhere.example", core), claims("another audience", "aud", "another-client", core),
		claims("no audience", "aud", absent, core), claims("over", "exp", time.Now().Add(-time.Hour).Unix(), core), claims("no end", "exp", absent, core),
		claims("another nonce", "nonce", "a-nonce-of-the-attackers-own-choosing", core), claims("no nonce", "nonce", absent, core), claims("no subject", "sub", absent, core),
		claims("another access token's hash", "at_hash", "AAAAAAAAAAAAAAAAAAAAAA", "OpenID Connect Core §3.1.3.8"),
		header("a critical header", "crit", []string{"x"}, "RFC 7515 §4.1.11"),
	})
	var out []hostile
	for _, k := range tricks {
		if k.ec || slices.Contains(lenient, k.name) {
			continue
		}
		out = append(out, hostile{"desk: " + k.name, func(b *bench) func() string {
			w := b.browser()
			w.get(b.VerifierURL + "/sign-in")
			b.Organisations.Forge(func(header, claims map[string]any, key *rsa.PrivateKey) string {
				return k.do(jws{header: header, claims: claims, key: key, lure: b.forge.url + lure})
			})
			b.still(func() string {
				b.Organisations.Forge(nil)
				return unless("OK: Why do you need to check?", b.officer("council").tell())
			})
			return func() string {
				w.send(0, url.Values{"account": {"SYN_council"}})
				if inside := w.clone().get(b.VerifierURL + "/purpose"); strings.Contains(inside.page, "Why do you need to check?") {
					return "somebody is in"
				}
				return w.tell()
			}
		}, "OK: Sign in again", k.from})
	}
	return out
}

// lenient are tricks that the library of OpenID Connect takes. They change nothing that it goes by: the signature is of the
// provider's own key, nothing is fetched, OpenID Connect gives an ID token no typ, and a name is shown with marks for what is no
// character.
var lenient = []string{"no typ", "another typ", "typ with its media type in front", "claims that are not UTF-8", "a jku beside the true kid"}
