package check_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
)

// listURI is the first list, as kind "t" (a token) or "b" (a bitstring).
func (w *world) listURI(kind string) string {
	return strings.Replace(w.ListURIs[0], "/t/", "/"+kind+"/", 1)
}

func gatherStatus(t *testing.T, uri string) *check.StatusRecord {
	t.Helper()
	return check.GatherStatus(context.Background(), check.StatusOptions{HTTP: client, Limits: check.DefaultLimits(), Now: time.Now(), URI: uri, Index: 0})
}

// pack writes entries as the claim of a token status list.
func pack(t *testing.T, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64url(out.Bytes())
}

// relist changes the list and signs it again, in each form in which it is served.
func relist(key keys.Key, edit func(header, claims map[string]any)) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) {
		a := answer(t, r, "the list")
		a.Body = []byte(resign(t, string(a.Body), key.Sign, edit))
		for _, other := range []string{"the list, of whoever does not say", "the list with a query"} {
			answer(t, r, other).Body = a.Body
		}
	}
}

func claim(name string, value any) func(header, claims map[string]any) {
	return func(_, claims map[string]any) { claims[name] = value }
}

func list(name string, value any) func(header, claims map[string]any) {
	return func(_, claims map[string]any) { claims["status_list"].(map[string]any)[name] = value }
}

func about(name string, value any) func(header, claims map[string]any) {
	return func(_, claims map[string]any) { claims["credentialSubject"].(map[string]any)[name] = value }
}

func header(name string, value any) func(header, claims map[string]any) {
	return func(h, _ map[string]any) { h[name] = value }
}

// served changes a header of an answer.
func served(step, name, value string) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) { answer(t, r, step).Header.Set(name, value) }
}

func status(step string, code int) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) { answer(t, r, step).Status = code }
}

func body(step, content string) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) { answer(t, r, step).Body = []byte(content) }
}

func TestTokenStatusList(t *testing.T) {
	w := newWorld(t)
	uri := w.listURI("t")
	good := gatherStatus(t, uri)
	key, other := w.key(t, keys.PurposeStatusList), w.key(t, keys.PurposeCredential)
	one := make([]byte, 32768)
	one[0] = 1
	three := bytes.Clone(one)
	three[100] = 3
	// With the CWT gone, a changed JWT has nothing to differ from.
	alone := func(spoil func(*testing.T, *check.Record)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) { delete(r.Steps, "the list as CWT"); spoil(t, r) }
	}
	cwt := func(edit func(parts []any) []any) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) { recode(t, answer(t, r, "the list as CWT"), key, edit) }
	}
	try(t, "status list tokens", good.Record, []twin{
		{"a list that is not there", "status.answer", status("the list", 500)},
		{"a list as text", "status.answer", func(t *testing.T, r *check.Record) {
			for _, step := range []string{"the list", "the list, of whoever does not say"} {
				served(step, "Content-Type", "text/plain")(t, r)
			}
		}},
		{"padding", "status.form", func(t *testing.T, r *check.Record) {
			a := answer(t, r, "the list")
			a.Body = append(bytes.Clone(a.Body), '=')
			answer(t, r, "the list with a query").Body = a.Body
		}},
		{"typ JWT", "status.typ", relist(key, header("typ", "JWT"))},
		{"ES384 in name", "status.algorithm", relist(key, header("alg", "ES384"))},
		{"a key in the header", "status.header", relist(key, header("jwk", map[string]any{}))},
		{"another key", "status.signature", relist(other, func(map[string]any, map[string]any) {})},
		{"an unknown kid", "status.signature", relist(key, header("kid", "none"))},
		{"another issuer", "status.issuer", relist(key, claim("iss", "https://elsewhere.test"))},
		{"another list's sub", "status.subject", relist(key, claim("sub", uri+"2"))},
		{"iat to come", "status.issued", relist(key, claim("iat", time.Now().Add(time.Hour).Unix()))},
		{"exp as text", "status.expires", relist(key, claim("exp", "2099"))},
		{"ttl of nothing", "status.ttl", func(t *testing.T, r *check.Record) {
			relist(key, claim("ttl", 0))(t, r)
			served("the list", "Cache-Control", "public, max-age=0")(t, r)
		}},
		{"three bits", "status.bits", relist(key, list("bits", 3))},
		{"bytes after the stream", "status.list", relist(key, func(_, claims map[string]any) {
			l := claims["status_list"].(map[string]any)
			l["lst"] = base64url(append(unbase64(t, l["lst"].(string)), 0))
		})},
		{"an entry of 3", "status.values", alone(relist(key, list("lst", pack(t, three[1:]))))},
		{"the valid entry is invalid", "status.entry", alone(relist(key, list("lst", pack(t, one))))},
		{"a small list", "status.privacy.size", alone(relist(key, list("lst", pack(t, make([]byte, 16)))))},
		{"an aggregation", "status.privacy.claims", relist(key, list("aggregation_uri", w.IssuerURL+"/t"))},
		{"a name in it", "status.privacy.claims", relist(key, claim("region", "north"))},
		{"the CWT without a tag", "status.cwt.form", func(t *testing.T, r *check.Record) {
			a := answer(t, r, "the list as CWT")
			a.Body = a.Body[1:]
		}},
		{"the CWT of another type", "status.cwt.header", cwt(func(p []any) []any {
			p[0] = encode(t, wallet.Map{{Key: 1, Value: -7}, {Key: 16, Value: "application/cwt"}})
			return p
		})},
		{"the CWT by another key", "status.cwt.signature", func(t *testing.T, r *check.Record) {
			recode(t, answer(t, r, "the list as CWT"), other, func(p []any) []any { return p })
		}},
		{"the CWT about another list", "status.cwt.claims", cwt(claimsOf(t, 2, uri+"2"))},
		{"the CWT says another thing", "status.cwt.same", cwt(claimsOf(t, 65533, wallet.Map{{Key: "bits", Value: 2}, {Key: "lst", Value: unbase64(t, pack(t, one))}}))},
		{"CBOR for whoever does not say", "status.default", served("the list, of whoever does not say", "Content-Type", "application/statuslist+cwt")},
		{"kept for a year", "status.cache", served("the list", "Cache-Control", "public, max-age=31536000")},
		{"never kept", "status.cache", served("the list", "Cache-Control", "no-store")},
		{"a weak tag", "status.etag", served("the list", "ETag", `W/"1"`)},
		{"sent again in full", "status.not-modified", status("the list again", 200)},
		{"no Vary", "status.vary", served("the list as CWT", "Vary", "")},
		{"one entry by query", "status.privacy.query", body("the list with a query", "0")},
		{"a cookie", "status.privacy.cookies", served("the list", "Set-Cookie", "a=b")},
		{"an empty list for an unknown one", "status.unknown", status("a list that is not", 200)},
	}, func(r *check.Record) check.Report {
		return (&check.StatusRecord{Record: r, URI: uri, Index: 0}).Judge()
	})
}

// claimsOf changes one claim of a CWT.
func claimsOf(t *testing.T, label int64, value any) func([]any) []any {
	return func(parts []any) []any {
		v, err := wallet.DecodeCBOR(parts[2].([]byte))
		if err != nil {
			t.Fatal(err)
		}
		parts[2] = encode(t, put(v.(wallet.Map), label, value))
		return parts
	}
}

// recode changes a COSE_Sign1 with tag 18 and signs it again.
func recode(t *testing.T, a *check.Answer, key keys.Key, edit func([]any) []any) {
	t.Helper()
	v, err := wallet.DecodeCBOR(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	parts := edit(v.(wallet.Tag).Content.([]any))
	if parts[3], err = key.Sign(encode(t, []any{"Signature1", parts[0], []byte{}, parts[2]})); err != nil {
		t.Fatal(err)
	}
	a.Body = encode(t, wallet.Tag{Number: 18, Content: parts})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := wallet.EncodeCBOR(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put returns m with key set to value, in place or at the end.
func put(m wallet.Map, key, value any) wallet.Map {
	for i, e := range m {
		if e.Key == key {
			m[i].Value = value
			return m
		}
	}
	return append(m, wallet.Entry{Key: key, Value: value})
}

// zip writes a bitstring of two bits an entry, all zero but for one byte.
func zip(t *testing.T, at int, b byte) string {
	t.Helper()
	list := make([]byte, 32768)
	list[at] = b
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(list); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return "u" + base64url(out.Bytes())
}

func TestBitstring(t *testing.T) {
	w := newWorld(t)
	uri := w.listURI("b")
	good := gatherStatus(t, uri)
	key := w.key(t, keys.PurposeCredential)
	try(t, "bitstring status lists", good.Record, []twin{
		{"typ JWT", "bitstring.typ", relist(key, header("typ", "JWT"))},
		{"ES384 in name", "bitstring.algorithm", relist(key, header("alg", "ES384"))},
		{"something critical", "bitstring.header", relist(key, header("crit", []string{"b64"}))},
		{"another key", "bitstring.signature", relist(w.key(t, keys.PurposeStatusList), func(map[string]any, map[string]any) {})},
		{"about no list", "bitstring.type", relist(key, about("type", "List"))},
		{"another id", "bitstring.id", relist(key, claim("id", uri+"2"))},
		{"another issuer", "bitstring.issuer", relist(key, claim("issuer", "did:web:elsewhere.test"))},
		{"from the future", "bitstring.validity", relist(key, claim("validFrom", "2099-01-01T00:00:00Z"))},
		{"ttl as text", "bitstring.ttl", relist(key, about("ttl", "3600"))},
		{"no purpose", "bitstring.purpose", relist(key, about("statusPurpose", ""))},
		{"plain base64", "bitstring.list", relist(key, func(_, claims map[string]any) {
			s := claims["credentialSubject"].(map[string]any)
			s["encodedList"] = strings.TrimPrefix(s["encodedList"].(string), "u")
		})},
		{"a list that is not there", "bitstring.answer", status("the list", 500)},
		{"an entry of 3", "bitstring.values", relist(key, about("encodedList", zip(t, 100, 3)))},
		{"the valid entry is invalid", "bitstring.entry", relist(key, about("encodedList", zip(t, 0, 0x40)))},
		{"half the entries", "bitstring.privacy.size", relist(key, about("statusSize", 8))},
		{"kept for a year", "status.cache", served("the list", "Cache-Control", "max-age=31536000")},
		{"a list that cannot be read", "bitstring.form", func(t *testing.T, r *check.Record) {
			body("the list", "rubbish")(t, r)
			body("the list with a query", "rubbish")(t, r)
		}},
	}, func(r *check.Record) check.Report {
		return (&check.StatusRecord{Record: r, URI: uri, Index: 0}).Judge()
	})
}

// A server that would keep the judge for ever is left, and the report says so.
func TestHostileListServers(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for name, h := range map[string]http.HandlerFunc{
		"an endless body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(bytes.Repeat([]byte("a"), 1<<16)); err != nil {
					return
				}
			}
		},
		"a slow drip": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		},
		"no answer at all": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-stop:
			}
		},
		"a redirect to itself": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
		"the wrong type":       func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") },
		"a broken length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			w.WriteHeader(200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(h)
			defer server.Close()
			report := check.Status(context.Background(), check.StatusOptions{HTTP: client, Limits: short(), Now: time.Now(), URI: server.URL + "/t/1", Index: -1})
			if report.Count(check.Held) > 3 || !strings.Contains(strings.Join(report.Broken(), " "), "status.answer") {
				t.Errorf("%s %v", report.Summary(), report.Broken())
			}
		})
	}
}
