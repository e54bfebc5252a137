package check_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/check"
	"justice-wallet/conformance/rig"
	"justice-wallet/conformance/wallet"
	"justice-wallet/keys"
)

// gatherIssuer records one good run.
func (w *world) gatherIssuer(t *testing.T, format string) *check.IssuerRecord {
	t.Helper()
	r, err := check.GatherIssuer(context.Background(), w.options(w.offer(t, rig.OfferRequest{DocumentType: "uk.gov.justice.prisonrelease.1", Format: format, Record: "A0001SY"})))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tryIssuer tries twins of a recorded run.
func tryIssuer(t *testing.T, group string, good *check.IssuerRecord, twins []twin) {
	t.Helper()
	try(t, group, good.Record, twins, func(r *check.Record) check.Report {
		copied := *good
		copied.Record = r
		return copied.Judge()
	})
}

// accepted answers a step as the good request was.
func accepted(step string) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) { *answer(t, r, step) = *answer(t, r, "issue") }
}

// refusedWith answers a step with an error that is another than it should be.
func answeredWith(step string, code int, body string) func(*testing.T, *check.Record) {
	return func(t *testing.T, r *check.Record) {
		a := answer(t, r, step)
		a.Status, a.Body = code, []byte(body)
		a.Header.Set("Content-Type", "application/json")
	}
}

// Every bad request has a twin that grants it, and every notification one that answers it the other way.
func TestIssuersThatAcceptOneBadRequest(t *testing.T) {
	w := newWorld(t)
	good := w.gatherIssuer(t, "jwt")
	var twins []twin
	for _, f := range good.Judge().Findings {
		switch group, _, _ := strings.Cut(f.ID, "."); {
		case group == "token" || group == "proof" || group == "request":
			twins = append(twins, twin{f.ID + " is accepted", f.ID, accepted(f.ID)})
		case group == "notify" && answer(t, good.Record, f.ID).Status == 204:
			twins = append(twins, twin{f.ID + " is refused", f.ID, answeredWith(f.ID, 400, `{"error":"invalid_notification_request"}`)})
		case group == "notify":
			twins = append(twins, twin{f.ID + " is taken", f.ID, answeredWith(f.ID, 204, "")})
		}
	}
	if len(twins) < 65 {
		t.Errorf("only %d twins", len(twins))
	}
	tryIssuer(t, "issuers that accept one bad request", good, twins)
}

func TestIssuersWithAnAnswerThatIsWrong(t *testing.T) {
	w := newWorld(t)
	good := w.gatherIssuer(t, "mdoc")
	meta := func(edit func(m map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) { editJSON(t, r, "metadata", edit) }
	}
	other := func(name string, value any) func(*testing.T, *check.Record) { // of a configuration that is not offered
		return meta(func(m map[string]any) {
			all := m["credential_configurations_supported"].(map[string]any)
			all["ProbationLicenceSummary"].(map[string]any)[name] = value
		})
	}
	mdoc := func(name string, value any) func(*testing.T, *check.Record) {
		return meta(func(m map[string]any) {
			all := m["credential_configurations_supported"].(map[string]any)
			all["uk.gov.justice.licence.1"].(map[string]any)[name] = value
		})
	}
	jwk := func(edit func(jwk map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			editJSON(t, r, "jwks", func(o map[string]any) {
				for _, k := range o["keys"].([]any) {
					edit(k.(map[string]any))
				}
			})
		}
	}
	root := func(edit func(o map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			editJSON(t, r, "iacas", func(o map[string]any) { edit(o["data"].([]any)[0].(map[string]any)) })
		}
	}
	key := w.key(t, keys.PurposeOffer)
	code := func(edit func(header, claims map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			editOffer(t, r, func(o map[string]any) {
				grant := o["grants"].(map[string]any)["urn:ietf:params:oauth:grant-type:pre-authorized_code"].(map[string]any)
				grant["pre-authorized_code"] = resign(t, grant["pre-authorized_code"].(string), key.Sign, edit)
			})
		}
	}
	tryIssuer(t, "issuers with an answer that is wrong", good, []twin{
		{"an offer by reference", "offer.link", body("the offer", "https://mobile.account.gov.uk/wallet/add?credential_offer_uri=https%3A%2F%2Felsewhere.test")},
		{"an offer with a code to type", "offer.schema", func(t *testing.T, r *check.Record) {
			editOffer(t, r, func(o map[string]any) {
				o["grants"].(map[string]any)["urn:ietf:params:oauth:grant-type:pre-authorized_code"].(map[string]any)["tx_code"] = map[string]any{}
			})
		}},
		{"a code that is no JWS", "code.form", func(t *testing.T, r *check.Record) {
			editOffer(t, r, func(o map[string]any) {
				o["grants"].(map[string]any)["urn:ietf:params:oauth:grant-type:pre-authorized_code"].(map[string]any)["pre-authorized_code"] = "opaque"
			})
		}},
		{"metadata that does not know what is offered", "metadata.configuration", meta(func(m map[string]any) {
			delete(m["credential_configurations_supported"].(map[string]any), "uk.gov.justice.prisonrelease.1")
		})},
		{"two certificates as one", "iacas.pem", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "iacas", func(o map[string]any) {
				second := otherRoot(t)
				second["active"], second["certificatePem"] = false, second["certificatePem"].(string)+second["certificatePem"].(string)
				o["data"] = append(o["data"].([]any), second)
			})
		}},
		{"an offer of another issuer", "offer.issuer", func(t *testing.T, r *check.Record) {
			editOffer(t, r, func(o map[string]any) { o["credential_issuer"] = "https://elsewhere.test" })
		}},
		{"a code with jti", "code.claims", code(claim("jti", "1"))},
		{"a code with another header", "code.header", code(header("cty", "x"))},
		{"a code for another service", "code.audience", code(claim("aud", []string{w.server.URL}))},
		{"a code of another issuer", "code.issuer", code(claim("iss", "https://elsewhere.test"))},
		{"a code of another client", "code.client", code(claim("clientId", "x"))},
		{"a code for another document", "code.configuration", code(claim("credential_configuration_ids", []string{"x"}))},
		{"a code of two identifiers", "code.identifier", code(claim("credential_identifiers", []string{"x", "y"}))},
		{"a code for a day", "code.life", code(claim("exp", time.Now().Add(24*time.Hour).Unix()))},
		{"a code by another key", "code.signature", func(t *testing.T, r *check.Record) {
			other := w.key(t, keys.PurposeStatusList)
			editOffer(t, r, func(o map[string]any) {
				grant := o["grants"].(map[string]any)["urn:ietf:params:oauth:grant-type:pre-authorized_code"].(map[string]any)
				grant["pre-authorized_code"] = resign(t, grant["pre-authorized_code"].(string), other.Sign, func(map[string]any, map[string]any) {})
			})
		}},
		{"metadata of another issuer", "metadata.issuer", meta(func(m map[string]any) { m["credential_issuer"] = w.IssuerURL + "/" })},
		{"another token service", "metadata.authorization-servers", meta(func(m map[string]any) { m["authorization_servers"] = []string{"https://elsewhere.test"} })},
		{"credentials elsewhere", "metadata.credential-endpoint", meta(func(m map[string]any) { m["credential_endpoint"] = w.IssuerURL + "/credentials" })},
		{"notifications elsewhere", "metadata.notification-endpoint", meta(func(m map[string]any) { m["notification_endpoint"] = w.IssuerURL + "/notify" })},
		{"authorities elsewhere", "metadata.iacas", meta(func(m map[string]any) { m["mdoc_iacas_uri"] = w.IssuerURL + "/.well-known/iacas" })},
		{"an SD-JWT among them", "metadata.format", other("format", "dc+sd-jwt")},
		{"no binding to did:key", "metadata.binding", other("cryptographic_binding_methods_supported", []string{"jwk"})},
		{"COSE numbers", "metadata.algorithms", mdoc("credential_signing_alg_values_supported", []int{-7})},
		{"days as text", "metadata.validity", other("credential_validity_period_max_days", "30")},
		{"no page to renew on", "metadata.refresh-url", other("credential_refresh_web_journey_url", "")},
		{"no doctype", "metadata.doctype", mdoc("doctype", "")},
		{"one type", "metadata.types", other("credential_definition", map[string]any{"type": []string{"VerifiableCredential"}})},
		{"no proof types", "metadata.proof-types", other("proof_types_supported", map[string]any{})},
		{"no claims", "metadata.claims", other("credential_metadata", map[string]any{"claims": []any{}})},
		{"keys as text", "jwks.answer", func(t *testing.T, r *check.Record) {
			served("jwks", "Content-Type", "text/plain")(t, r)
		}},
		{"a key without use", "jwks.members", jwk(func(k map[string]any) { delete(k, "use") })},
		{"a private key", "jwks.members", jwk(func(k map[string]any) { k["d"] = k["x"] })},
		{"a key off its curve", "jwks.points", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "jwks", func(o map[string]any) {
				k := newPublicJWK(t)
				k["y"] = k["x"]
				o["keys"] = append(o["keys"].([]any), k)
			})
		}},
		{"one kid twice", "jwks.distinct", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "jwks", func(o map[string]any) { o["keys"] = append(o["keys"].([]any), o["keys"].([]any)...) })
		}},
		{"a member beside data", "iacas.answer", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "iacas", func(o map[string]any) { o["next"] = nil })
		}},
		{"active as text", "iacas.members", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "iacas", func(o map[string]any) {
				first := o["data"].([]any)[0].(map[string]any)
				second := map[string]any{}
				for name, v := range first {
					second[name] = v
				}
				second["active"] = "false"
				o["data"] = append(o["data"].([]any), second)
			})
		}},
		{"times without milliseconds", "iacas.data", root(func(o map[string]any) {
			data := o["certificateData"].(map[string]any)
			data["notBefore"] = strings.Replace(data["notBefore"].(string), ".000Z", "Z", 1)
		})},
		{"a fingerprint in capitals", "iacas.fingerprint", root(func(o map[string]any) {
			o["certificateFingerprint"] = strings.ToUpper(o["certificateFingerprint"].(string))
		})},
		{"another key", "iacas.key", root(func(o map[string]any) { o["publicKeyJwk"] = newPublicJWK(t) })},
		{"no authority is active", "mdoc.root", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "iacas", func(o map[string]any) {
				first := o["data"].([]any)[0].(map[string]any)
				first["active"] = false
				o["data"] = append(o["data"].([]any), otherRoot(t))
			})
		}},
		{"two credentials", "issue.credentials", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "issue", func(o map[string]any) {
				o["credentials"] = append(o["credentials"].([]any), o["credentials"].([]any)...)
			})
		}},
		{"no notification_id", "issue.notification-id", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "issue", func(o map[string]any) { delete(o, "notification_id") })
		}},
		{"a true request refused", "issue.answer", answeredWith("issue", 400, `{"error":"invalid_nonce"}`)},
		{"a credential that may be stored", "issue.no-store", served("issue", "Cache-Control", "max-age=60")},
		{"a credential that may be sniffed", "issue.nosniff", served("issue", "X-Content-Type-Options", "")},
		{"a refusal that may be stored", "refusal.no-store", served("token.expired", "Cache-Control", "")},
		{"a refusal that quotes the subject", "refusal.discreet", func(t *testing.T, r *check.Record) {
			answer(t, r, "token.subject").Body = []byte(`{"error":"invalid_token","error_description":"not ` + account + `"}`)
		}},
		{"a word more", "proof.signature", answeredWith("proof.signature", 400, `{"error":"invalid_proof","error_description":"no"}`)},
		{"a challenge without its error", "token.expired", served("token.expired", "WWW-Authenticate", "Bearer")},
		{"invalid_nonce for an offer that is spent", "redeem.again", answeredWith("redeem.again", 400, `{"error":"invalid_nonce"}`)},
		{"the token twice", "redeem.token", accepted("redeem.token")},
		{"a refresh refused", "refresh.answer", answeredWith("refresh", 401, `{}`)},
		{"a refresh with the old name", "refresh.notification-id", func(t *testing.T, r *check.Record) {
			first := decode(t, answer(t, r, "issue").Body)
			editJSON(t, r, "refresh", func(o map[string]any) { o["notification_id"] = first["notification_id"] })
		}},
		{"the nonce twice", "refresh.nonce", accepted("refresh.nonce")},
		{"the refresh twice", "refresh.token", accepted("refresh.token")},
		{"anybody's refresh", "refresh.subject", accepted("refresh.subject")},
		{"two of a race", "refresh.race", func(t *testing.T, r *check.Record) {
			accepted("refresh.race.1")(t, r)
			accepted("refresh.race.2")(t, r)
		}},
	})
}

func editOffer(t *testing.T, r *check.Record, edit func(o map[string]any)) {
	t.Helper()
	a := answer(t, r, "the offer")
	u, err := url.Parse(string(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	o := decode(t, []byte(u.Query().Get("credential_offer")))
	edit(o)
	u.RawQuery = url.Values{"credential_offer": {string(encodeJSON(t, o))}}.Encode()
	a.Body = []byte(u.String())
}

func newPublicJWK(t *testing.T) map[string]any {
	t.Helper()
	point, err := newKey(t).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"kty": "EC", "crv": "P-256", "kid": "new", "use": "sig", "alg": "ES256", "x": base64url(point[1:33]), "y": base64url(point[33:])}
}

// otherRoot is an item of iacas with a root that is good, and another's.
func otherRoot(t *testing.T) map[string]any {
	t.Helper()
	a := newAuthority(t)
	a.root.Subject.CommonName = "Synthetic other IACA"
	c := a.make(t, a.root, a.root, &a.rootKey.PublicKey, a.rootKey)
	return iacaItem(t, c)
}

// mdoc is an IssuerSigned, taken apart to be changed.
type mdoc struct {
	spaces                      []space
	mso, protected, unprotected wallet.Map
	sign                        func([]byte) ([]byte, error)
	digests                     bool // are made anew
	auth                        func([]any) any
	extra                       wallet.Map
}

type space struct {
	name  string
	items []wallet.Map
}

// remdoc changes the issued document, and signs it again.
func (w *world) remdoc(t *testing.T, edit func(d *mdoc)) func(*testing.T, *check.Record) {
	key := w.key(t, keys.PurposeDocument)
	return func(t *testing.T, r *check.Record) {
		editJSON(t, r, "issue", func(o map[string]any) {
			c := o["credentials"].([]any)[0].(map[string]any)
			d := openMDoc(t, c["credential"].(string))
			d.sign = key.Sign
			edit(d)
			c["credential"] = d.close(t)
		})
	}
}

func decodeCBOR[T any](t *testing.T, v any) T {
	t.Helper()
	if tag, ok := v.(wallet.Tag); ok {
		v = tag.Content
	}
	out, err := wallet.DecodeCBOR(v.([]byte))
	if err != nil {
		t.Fatal(err)
	}
	return out.(T)
}

func get[T any](t *testing.T, m wallet.Map, key any) T {
	t.Helper()
	v, ok := m.Get(key)
	if !ok {
		t.Fatalf("no %v", key)
	}
	return v.(T)
}

func openMDoc(t *testing.T, raw string) *mdoc {
	t.Helper()
	top := decodeCBOR[wallet.Map](t, unbase64(t, raw))
	auth := get[[]any](t, top, "issuerAuth")
	d := &mdoc{protected: decodeCBOR[wallet.Map](t, auth[0]), unprotected: auth[1].(wallet.Map)}
	d.mso = decodeCBOR[wallet.Map](t, decodeCBOR[wallet.Tag](t, auth[2]))
	for _, e := range get[wallet.Map](t, top, "nameSpaces") {
		s := space{name: e.Key.(string)}
		for _, v := range e.Value.([]any) {
			s.items = append(s.items, decodeCBOR[wallet.Map](t, v))
		}
		d.spaces = append(d.spaces, s)
	}
	return d
}

func (d *mdoc) close(t *testing.T) string {
	t.Helper()
	spaces := wallet.Map{}
	for _, s := range d.spaces {
		var tagged []any
		for _, m := range s.items {
			tag := wallet.Tag{Number: 24, Content: encode(t, m)}
			tagged = append(tagged, tag)
			if d.digests {
				d.digest(t, s.name, m, tag)
			}
		}
		spaces = append(spaces, wallet.Entry{Key: s.name, Value: tagged})
	}
	protected, payload := encode(t, d.protected), encode(t, wallet.Tag{Number: 24, Content: encode(t, d.mso)})
	signature, err := d.sign(encode(t, []any{"Signature1", protected, []byte{}, payload}))
	if err != nil {
		t.Fatal(err)
	}
	var auth any = []any{protected, d.unprotected, payload, signature}
	if d.auth != nil {
		auth = d.auth(auth.([]any))
	}
	top := append(wallet.Map{{Key: "nameSpaces", Value: spaces}, {Key: "issuerAuth", Value: auth}}, d.extra...)
	return base64url(encode(t, top))
}

func (d *mdoc) digest(t *testing.T, name string, m wallet.Map, tag wallet.Tag) {
	id, ok := m.Get("digestID")
	if !ok {
		return
	}
	digest := sha256.Sum256(encode(t, tag))
	all := get[wallet.Map](t, d.mso, "valueDigests")
	ids, ok := all.Get(name)
	if !ok {
		ids = wallet.Map{}
	}
	d.mso = put(d.mso, "valueDigests", put(all, name, put(ids.(wallet.Map), id, digest[:])))
}

func drop(m wallet.Map, key any) wallet.Map {
	var out wallet.Map
	for _, e := range m {
		if e.Key != key {
			out = append(out, e)
		}
	}
	return out
}

func tdate(at time.Time) wallet.Tag {
	return wallet.Tag{Number: 0, Content: at.UTC().Format("2006-01-02T15:04:05Z")}
}

// moment changes one of validityInfo's times.
func moment(t *testing.T, name string, value any) func(*mdoc) {
	return func(d *mdoc) {
		d.mso = put(d.mso, "validityInfo", put(get[wallet.Map](t, d.mso, "validityInfo"), name, value))
	}
}

// firstItem changes a member of the first item, and its digest with it.
func firstItem(key string, value any) func(*mdoc) {
	return func(d *mdoc) {
		d.digests = true
		d.spaces[0].items[0] = put(d.spaces[0].items[0], key, value)
	}
}

func TestIssuersWithAnMDocThatIsWrong(t *testing.T) {
	w := newWorld(t)
	good := w.gatherIssuer(t, "mdoc")
	raw := func(edit func(string) string) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			editJSON(t, r, "issue", func(o map[string]any) {
				c := o["credentials"].([]any)[0].(map[string]any)
				c["credential"] = edit(c["credential"].(string))
			})
		}
	}
	now := time.Now()
	// recertified signs with a certificate of a new key that is off its profile.
	recertified := func(edit func(*x509.Certificate)) func(*mdoc) {
		return func(d *mdoc) {
			root, key := w.key(t, keys.PurposeIACA), newKey(t)
			leaf, err := x509.ParseCertificate(get[[]byte](t, d.unprotected, int64(33)))
			if err != nil {
				t.Fatal(err)
			}
			template := &x509.Certificate{
				SerialNumber: leaf.SerialNumber, Subject: leaf.Subject, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, KeyUsage: leaf.KeyUsage,
				CRLDistributionPoints: leaf.CRLDistributionPoints, SubjectKeyId: shaOne(t, &key.PublicKey), ExtraExtensions: profileExtensions(leaf),
			}
			edit(template)
			der, err := x509.CreateCertificate(nil, template, root.Chain[0], &key.PublicKey, root.Signer)
			if err != nil {
				t.Fatal(err)
			}
			d.unprotected = wallet.Map{{Key: int64(33), Value: der}}
			d.sign = func(m []byte) ([]byte, error) { return wallet.SignES256(nil, key, m) }
		}
	}
	tryIssuer(t, "issuers with an mdoc that is wrong", good, []twin{
		{"padded", "mdoc.encoding", raw(func(s string) string { return s + "=" })},
		{"a byte more", "mdoc.form", raw(func(s string) string { return base64url(append(unbase64(t, s), 0)) })},
		{"a member more", "mdoc.form", w.remdoc(t, func(d *mdoc) { d.extra = wallet.Map{{Key: "docType", Value: "x"}} })},
		{"an item of five members", "mdoc.items", w.remdoc(t, firstItem("later", true))},
		{"one digest id twice", "mdoc.digest-ids", w.remdoc(t, func(d *mdoc) {
			// The same item twice would also break mdoc.once: another element under the same id would break a digest.
			d.spaces[0].items[0] = put(d.spaces[0].items[0], "digestID", int64(1)<<31)
			d.digests = true
		})},
		{"a salt of 15 bytes", "mdoc.random", w.remdoc(t, firstItem("random", make([]byte, 15)))},
		{"one element twice", "mdoc.once", w.remdoc(t, func(d *mdoc) {
			again := append(wallet.Map{}, d.spaces[0].items[0]...)
			again = put(put(again, "digestID", int64(9000)), "random", bytes.Repeat([]byte{7}, 16))
			d.spaces[0].items = append(d.spaces[0].items, again)
			d.digests = true
		})},
		{"an element nobody announced", "mdoc.elements", w.remdoc(t, func(d *mdoc) {
			d.digests = true
			d.spaces[0].items = append(d.spaces[0].items, wallet.Map{
				{Key: "digestID", Value: int64(9001)}, {Key: "random", Value: bytes.Repeat([]byte{8}, 16)}, {Key: "elementIdentifier", Value: "offence"}, {Key: "elementValue", Value: "x"},
			})
		})},
		{"a date as text", "mdoc.types", w.remdoc(t, func(d *mdoc) {
			d.digests = true
			for s := range d.spaces {
				for i, m := range d.spaces[s].items {
					if get[string](t, m, "elementIdentifier") == "birth_date" {
						d.spaces[s].items[i] = put(m, "elementValue", "1990-01-02")
					}
				}
			}
		})},
		{"COSE in its tag", "mdoc.auth", w.remdoc(t, func(d *mdoc) { d.auth = func(a []any) any { return wallet.Tag{Number: 18, Content: a} } })},
		{"a key id in the protected header", "mdoc.protected", w.remdoc(t, func(d *mdoc) { d.protected = put(d.protected, int64(4), []byte("x")) })},
		{"a chain of two", "mdoc.x5chain", w.remdoc(t, func(d *mdoc) {
			der := get[[]byte](t, d.unprotected, int64(33))
			d.unprotected = wallet.Map{{Key: int64(33), Value: []any{der, der}}}
		})},
		{"by another key", "mdoc.signature", w.remdoc(t, func(d *mdoc) {
			other := newKey(t)
			d.sign = func(m []byte) ([]byte, error) { return wallet.SignES256(nil, other, m) }
		})},
		{"an MSO of eight members", "mdoc.mso", w.remdoc(t, func(d *mdoc) { d.mso = put(d.mso, "later", true) })},
		{"version 1.1", "mdoc.version", w.remdoc(t, func(d *mdoc) { d.mso = put(d.mso, "version", "1.1") })},
		{"a digest off by one bit", "mdoc.digests", w.remdoc(t, func(d *mdoc) {
			ids := get[wallet.Map](t, get[wallet.Map](t, d.mso, "valueDigests"), d.spaces[0].name)
			id := get[int64](t, d.spaces[0].items[0], "digestID")
			digest := bytes.Clone(get[[]byte](t, ids, id))
			digest[31] ^= 1
			put(ids, id, digest)
		})},
		{"digests of a third namespace", "mdoc.namespaces", w.remdoc(t, func(d *mdoc) {
			all := get[wallet.Map](t, d.mso, "valueDigests")
			d.mso = put(d.mso, "valueDigests", put(all, "org.elsewhere", wallet.Map{{Key: int64(0), Value: make([]byte, 32)}}))
		})},
		{"authorised for one namespace twice", "mdoc.key-authorizations", w.remdoc(t, func(d *mdoc) {
			info := get[wallet.Map](t, d.mso, "deviceKeyInfo")
			list := get[[]any](t, get[wallet.Map](t, info, "keyAuthorizations"), "nameSpaces")
			put(info, "keyAuthorizations", wallet.Map{{Key: "nameSpaces", Value: append(list, list[0])}})
		})},
		{"bound to another key", "mdoc.device-key", w.remdoc(t, func(d *mdoc) {
			point, err := newKey(t).PublicKey.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			put(get[wallet.Map](t, d.mso, "deviceKeyInfo"), "deviceKey", wallet.Map{{Key: int64(1), Value: int64(2)}, {Key: int64(-1), Value: int64(1)}, {Key: int64(-2), Value: point[1:33]}, {Key: int64(-3), Value: point[33:]}})
		})},
		{"another doctype", "mdoc.doctype", w.remdoc(t, func(d *mdoc) { d.mso = put(d.mso, "docType", "org.iso.18013.5.1.mDL") })},
		{"a time with a fraction", "mdoc.times", w.remdoc(t, moment(t, "signed", wallet.Tag{Number: 0, Content: "2026-01-01T00:00:00.5Z"}))},
		{"not valid yet", "mdoc.valid-now", w.remdoc(t, moment(t, "validFrom", tdate(now.Add(time.Hour))))},
		{"valid for ten years", "mdoc.validity-days", w.remdoc(t, moment(t, "validUntil", tdate(now.AddDate(10, 0, 0))))},
		{"updated after its end", "mdoc.expected-update", w.remdoc(t, moment(t, "expectedUpdate", tdate(now.AddDate(10, 0, 0))))},
		{"signed before its certificate", "mdoc.signed-in-life", w.remdoc(t, moment(t, "signed", tdate(now.AddDate(-1, 0, 0))))},
		{"a status of two kinds", "mdoc.status", w.remdoc(t, func(d *mdoc) {
			d.mso = put(d.mso, "status", put(get[wallet.Map](t, d.mso, "status"), "identifier_list", wallet.Map{}))
		})},
		{"a salt of the refreshed one", "mdoc.unlinkable", func(t *testing.T, r *check.Record) {
			second := decode(t, answer(t, r, "refresh").Body)
			other := openMDoc(t, second["credentials"].([]any)[0].(map[string]any)["credential"].(string))
			w.remdoc(t, firstItem("random", get[[]byte](t, other.spaces[0].items[0], "random")))(t, r)
		}},
		{"a signer for any use", "cert.signer.usage", w.remdoc(t, recertified(func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] }))},
		{"a signer with a small serial number", "cert.serial", w.remdoc(t, recertified(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(5) }))},
		{"the same document for a refresh", "refresh.new", func(t *testing.T, r *check.Record) {
			first := decode(t, answer(t, r, "issue").Body)
			editJSON(t, r, "refresh", func(o map[string]any) { o["credentials"] = first["credentials"] })
		}},
	})
}

// A picture keeps what the camera wrote into it.
func TestAnIssuerOfPicturesWithEXIF(t *testing.T) {
	w := newWorld(t)
	good, err := check.GatherIssuer(context.Background(), w.options(w.offer(t, rig.OfferRequest{DocumentType: "org.iso.18013.5.1.mDL", Format: "mdoc", Record: "synthetic-driver"})))
	if err != nil {
		t.Fatal(err)
	}
	tryIssuer(t, "issuers of pictures", good, []twin{{"EXIF in a portrait", "mdoc.portrait", w.remdoc(t, func(d *mdoc) {
		d.digests = true
		for _, s := range d.spaces {
			for i, m := range s.items {
				if get[string](t, m, "elementIdentifier") == "portrait" {
					picture := get[[]byte](t, m, "elementValue")
					s.items[i] = put(m, "elementValue", append(append(bytes.Clone(picture[:len(picture)-2]), "Exif\x00\x00"...), picture[len(picture)-2:]...))
				}
			}
		}
	})}})
}

// profileExtensions are what x509 does not write of itself: the issuer alternative name, then the extended key usage.
func profileExtensions(c *x509.Certificate) []pkix.Extension {
	var out []pkix.Extension
	for _, id := range []asn1.ObjectIdentifier{oidAltName, oidEKU} {
		for _, e := range c.Extensions {
			if e.Id.Equal(id) {
				out = append(out, e)
			}
		}
	}
	return out
}

func TestIssuersWithAJWTThatIsWrong(t *testing.T) {
	w := newWorld(t)
	good := w.gatherIssuer(t, "jwt")
	key := w.key(t, keys.PurposeCredential)
	jwt := func(edit func(header, claims map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) {
			editJSON(t, r, "issue", func(o map[string]any) {
				c := o["credentials"].([]any)[0].(map[string]any)
				c["credential"] = resign(t, c["credential"].(string), key.Sign, edit)
			})
		}
	}
	did := func(edit func(o map[string]any)) func(*testing.T, *check.Record) {
		return func(t *testing.T, r *check.Record) { editJSON(t, r, "did", edit) }
	}
	method := func(edit func(m map[string]any)) func(*testing.T, *check.Record) {
		return did(func(o map[string]any) { edit(o["verificationMethod"].([]any)[0].(map[string]any)) })
	}
	far := time.Now().AddDate(10, 0, 0).UTC()
	tryIssuer(t, "issuers with a JWT that is wrong", good, []twin{
		{"a DID document as text", "did.answer", served("did", "Content-Type", "text/plain")},
		{"a member more", "did.members", did(func(o map[string]any) { o["service"] = []any{} })},
		{"one context", "did.context", did(func(o map[string]any) { o["@context"] = []string{"https://www.w3.org/ns/did/v1"} })},
		{"another DID", "did.id", did(func(o map[string]any) { o["id"] = "did:web:elsewhere.test" })},
		{"a kid in capitals", "jwt.kid", func(t *testing.T, r *check.Record) {
			did(func(o map[string]any) {
				method := map[string]any{}
				for name, v := range o["verificationMethod"].([]any)[0].(map[string]any) {
					method[name] = v
				}
				jwk := map[string]any{}
				for name, v := range method["publicKeyJwk"].(map[string]any) {
					jwk[name] = v
				}
				jwk["kid"] = strings.ToUpper(jwk["kid"].(string))
				method["publicKeyJwk"], method["id"] = jwk, o["id"].(string)+"#"+jwk["kid"].(string)
				o["verificationMethod"] = append(o["verificationMethod"].([]any), method)
				o["assertionMethod"] = append(o["assertionMethod"].([]any), method["id"])
			})(t, r)
			jwt(func(h, _ map[string]any) {
				before, kid, _ := strings.Cut(h["kid"].(string), "#")
				h["kid"] = before + "#" + strings.ToUpper(kid)
			})(t, r)
		}},
		{"a controller elsewhere", "did.methods", method(func(m map[string]any) { m["controller"] = "did:web:elsewhere.test" })},
		{"a key with use", "did.keys", method(func(m map[string]any) { m["publicKeyJwk"].(map[string]any)["use"] = "sig" })},
		{"a key that may not assert", "did.assertion", did(func(o map[string]any) { o["assertionMethod"] = []string{"did:web:x#y"} })},
		{"padded", "jwt.form", func(t *testing.T, r *check.Record) {
			editJSON(t, r, "issue", func(o map[string]any) {
				c := o["credentials"].([]any)[0].(map[string]any)
				c["credential"] = c["credential"].(string) + "="
			})
		}},
		{"typ JWT", "jwt.header", jwt(header("typ", "JWT"))},
		{"by another key", "jwt.signature", func(t *testing.T, r *check.Record) {
			other := w.key(t, keys.PurposeOffer)
			editJSON(t, r, "issue", func(o map[string]any) {
				c := o["credentials"].([]any)[0].(map[string]any)
				c["credential"] = resign(t, c["credential"].(string), other.Sign, func(map[string]any, map[string]any) {})
			})
		}},
		{"another issuer", "jwt.issuer", jwt(claim("issuer", "https://elsewhere.test"))},
		{"another subject", "jwt.subject", jwt(about("id", "did:key:zDnother"))},
		{"another context first", "jwt.context", jwt(claim("@context", []string{"https://elsewhere.test"}))},
		{"another type", "jwt.type", jwt(claim("type", []string{"VerifiableCredential", "ProbationLicenceSummary"}))},
		{"times with a fraction", "jwt.times", jwt(claim("validFrom", "2026-01-01T00:00:00.5Z"))},
		{"not valid yet", "jwt.valid-now", jwt(claim("validFrom", time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z")))},
		{"iat as text", "jwt.numbers", jwt(claim("iat", "1764000000"))},
		{"exp before its end", "jwt.numbers", jwt(claim("exp", time.Now().Add(time.Hour).Unix()))},
		{"valid for ten years", "jwt.validity-days", jwt(func(_, claims map[string]any) {
			claims["validUntil"], claims["exp"] = far.Format("2006-01-02T15:04:05Z"), far.Unix()
		})},
		{"updated after its end", "jwt.expected-update", jwt(claim("expectedUpdate", far.Format("2006-01-02T15:04:05Z")))},
		{"an element nobody announced", "jwt.elements", jwt(about("offence", "x"))},
		{"a number for a name", "jwt.types-of-elements", jwt(func(_, claims map[string]any) {
			s := claims["credentialSubject"].(map[string]any)
			for name := range s {
				if name == "family_name" || name == "familyName" {
					s[name] = 7
					return
				}
			}
			t.Fatal("no name")
		})},
		{"a status without an index", "jwt.status", jwt(claim("status", map[string]any{"status_list": map[string]any{"uri": w.IssuerURL + "/t/x"}}))},
	})
}
