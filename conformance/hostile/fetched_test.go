package hostile_test

import (
	"fmt"
	"strings"
)

// places are issuers of the forge that each serve one hostile thing: what is fetched from them is believed for a while, so
// that no two cases may share one.
const places = 24

// place is the nth of them.
type place struct {
	did, document, jwks, prefix, issuer string
}

func (f *forge) place(n int) place {
	at := fmt.Sprintf("%s/place-%d", f.url, n)
	return place{did: forgeDID, document: at + "/did.json", jwks: at + "/jwks.json", prefix: at + "/t/", issuer: at}
}

// trustPlaces adds them all.
func (f *forge) trustPlaces(file map[string][]any) {
	for n := range places {
		p := f.place(n)
		file["issuers"] = append(file["issuers"], map[string]any{"issuer": p.issuer, "did": p.did, "document": p.document})
		file["statusLists"] = append(file["statusLists"], map[string]any{"prefix": p.prefix, "jwks": p.jwks})
	}
}

// take is a place that nobody has used.
func (b *bench) take() place {
	b.t.Helper()
	b.used++
	if b.used > places {
		b.t.Fatal("there are too few places")
	}
	return b.forge.place(b.used - 1)
}

// path is the part of an address after the host.
func (f *forge) path(address string) string { return strings.TrimPrefix(address, f.url) }

// hostileDID is a credential whose issuer's DID document is bad; what the issuer signs with kid would be good.
func hostileDID(name string, document func(*bench) any, kid, from string) hostile {
	return hostile{"DID document: " + name, func(b *bench) func() string {
		p := b.take()
		b.forge.answer(b.forge.path(p.document), "application/did+json", []byte(textOf(document(b))))
		credential := b.forge.credential(b.forge.publish()).with(map[string]any{"kid": forgeDID + "#" + kid}, map[string]any{"iss": p.issuer, "issuer": p.issuer})
		return func() string { return b.verify(map[string]any{"vcJwt": credential.compact()}) }
	}, "could_not_check issuer_keys_unavailable", from}
}

// hostileKeys is a status list whose issuer's JWK set is bad.
func hostileKeys(name string, set func(*bench) any, from string) hostile {
	return hostile{"JWK set: " + name, func(b *bench) func() string {
		p := b.take()
		b.forge.answer(b.forge.path(p.jwks), "application/json", []byte(textOf(set(b))))
		uri := p.prefix + "1"
		b.forge.answer(b.forge.path(uri), "application/statuslist+jwt", []byte(b.forge.list(uri).compact()))
		credential := b.forge.credential(uri).compact()
		return func() string { return b.verify(map[string]any{"vcJwt": credential}) }
	}, "could_not_check status_", from}
}

// textOf is v itself when it is text, and JSON otherwise.
func textOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return mustJSON(v)
}
