package own

import (
	"crypto/sha256"
	"strings"

	"justice-wallet/conformance/wallet"
)

// tokenTricks are what is wrong with a token whatever it is for, but for its outcome.
func tokenTricks(outcome string) []variant {
	return []variant{
		{name: "another key's signature", key: "stranger", outcome: outcome, why: "RFC 7515 §5.2"},
		{name: "alg none", header: map[string]any{"alg": "none"}, outcome: outcome, why: "RFC 8725 §3.1"},
		{name: "alg HS256", header: map[string]any{"alg": "HS256"}, outcome: outcome, why: "RFC 8725 §3.1"},
		{name: "another typ", header: map[string]any{"typ": "JWT+other"}, outcome: outcome, why: "RFC 8725 §3.11"},
		{name: "no typ", header: map[string]any{"typ": nil}, outcome: outcome, why: "RFC 8725 §3.11"},
		{name: "a critical header", header: map[string]any{"crit": []string{"x"}, "x": 1}, outcome: outcome, why: "RFC 7515 §4.1.11"},
		{name: "a key of its own", header: map[string]any{"jwk": map[string]any{"kty": "EC"}}, outcome: outcome, why: "RFC 7515 §4.1.3"},
	}
}

func (w *workshop) credential() token {
	did, err := wallet.DIDKey(&w.keys["holder"].PublicKey)
	if err != nil {
		panic(err) // a key of P-256 has a did:key
	}
	from, until := Now.AddDate(0, 0, -1), Now.AddDate(0, 1, 0)
	const form = "2006-01-02T15:04:05Z"
	return token{
		key: "credential", header: map[string]any{"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": DID + "#credential"},
		claims: map[string]any{
			"iss": Issuer, "issuer": Issuer, "sub": did, "iat": from.Unix(), "nbf": from.Unix(), "exp": until.Unix(),
			"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "type": []string{"VerifiableCredential", "PrisonReleaseConfirmation"},
			"name": "Test", "description": "Test", "validFrom": from.Format(form), "validUntil": until.Format(form),
			"credentialSubject": map[string]any{"id": did, "document_number": "TEST1"}, "status": statusClaim(1, List),
		},
	}
}

func statusClaim(index any, uri string) map[string]any {
	return map[string]any{"status_list": map[string]any{"idx": index, "uri": uri}}
}

func (w *workshop) jwtCredentials() (File, error) {
	f := File{Name: "jwtcredential.json", About: "Credentials as JWT (W3C VC-JOSE-COSE), in GOV.UK Wallet's form."}
	const malformed = "not_valid malformed"
	all := append([]variant{
		{name: "good", outcome: "valid"},
		{name: "over", claims: map[string]any{"exp": Now.Unix(), "validUntil": Now.Format("2006-01-02T15:04:05Z")}, outcome: "not_valid expired", why: "RFC 7519 §4.1.4"},
		{name: "two ends", claims: map[string]any{"exp": Now.AddDate(1, 0, 0).Unix()}, outcome: malformed, why: "exp and validUntil differ"},
		{name: "exp as text", claims: map[string]any{"exp": "1798016400"}, outcome: malformed, why: "RFC 7519 §2: a number"},
		{name: "an issuer nobody trusts", claims: map[string]any{"iss": "https://elsewhere.example", "issuer": "https://elsewhere.example"}, outcome: "not_valid issuer_untrusted", why: "trust comes from the reader"},
		{name: "a key that its issuer does not have", header: map[string]any{"kid": DID + "#other"}, outcome: "not_valid issuer_key_unknown", why: "DID Core §5.3.2: assertionMethod"},
		{name: "another's subject", claims: map[string]any{"sub": "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"}, outcome: malformed, why: "sub and credentialSubject.id differ"},
		{name: "a subject that is no key", claims: map[string]any{"sub": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"}, outcome: malformed, why: "Ed25519, and P-256 is wanted"},
		{name: "an index that is null", claims: map[string]any{"status": statusClaim(nil, List)}, outcome: malformed, why: "null is not entry 0"},
		{name: "an index below zero", claims: map[string]any{"status": statusClaim(-1, List)}, outcome: malformed, why: "draft-ietf-oauth-status-list-20 §6.2"},
		{name: "without status", claims: map[string]any{"status": nil}, outcome: "could_not_check status_absent", why: "no status is not a good one"},
	}, tokenTricks("not_valid")...)
	var err error
	f.Cases, err = w.variants(w.credential(), "vcJwt", all)
	return f, err
}

func (w *workshop) accessTokens() (File, error) {
	f := File{Name: "accesstoken.json", About: "Access tokens (RFC 9068) as GOV.UK's authorisation server makes them, for " + Issuer + ". Refused: 401 invalid_token."}
	all := append([]variant{
		{name: "of another server", claims: map[string]any{"iss": "https://elsewhere.example"}, outcome: "refused", why: "GOV.UK: iss"},
		{name: "for another issuer", claims: map[string]any{"aud": "https://elsewhere.example"}, outcome: "refused", why: "GOV.UK: aud"},
		{name: "over", claims: map[string]any{"exp": Now.Unix()}, outcome: "refused", why: "RFC 7519 §4.1.4"},
		{name: "without an end", claims: map[string]any{"exp": nil}, outcome: "refused", why: "GOV.UK: exp"},
		{name: "an end in milliseconds", claims: map[string]any{"exp": Now.UnixMilli() + 60000}, outcome: "refused", why: "RFC 7519 §2: seconds"},
		{name: "an end as text", claims: map[string]any{"exp": "1798016400"}, outcome: "refused", why: "RFC 7519 §2: a number"},
		{name: "without jti", claims: map[string]any{"jti": nil}, outcome: "refused", why: "GOV.UK: jti"},
		{name: "without c_nonce", claims: map[string]any{"c_nonce": nil}, outcome: "refused", why: "GOV.UK: c_nonce"},
		{name: "for two documents", claims: map[string]any{"credential_configuration_ids": []string{Document, Document}}, outcome: "refused", why: "GOV.UK: one"},
	}, tokenTricks("refused")...)
	all = append(all, variant{name: "good", outcome: "accepted"}) // last: it is spent
	var err error
	f.Cases, err = w.variants(w.access(), "accessToken", all)
	return f, err
}

// access is a good access token for the offer of the vectors.
func (w *workshop) access() token {
	return token{key: "server", header: map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": "server"}, claims: map[string]any{
		"sub": Subject, "iss": Server, "aud": Issuer, "jti": "22222222-3333-4444-8555-666666666666", "c_nonce": Nonce, "exp": Now.Unix() + 180,
		"credential_configuration_ids": []string{Document}, "credential_identifiers": []string{OfferID},
	}}
}

func (w *workshop) proofs() (File, error) {
	access, err := w.compact(w.access())
	f := File{
		Name: "proof.json", About: "Proofs of possession (OpenID4VCI Appendix F.1) as GOV.UK Wallet makes them, for the access token beside them. Refused: 400 invalid_proof, or invalid_nonce where it says so.",
		With: map[string]any{"accessToken": access},
	}
	if err != nil {
		return f, err
	}
	did, err := wallet.DIDKey(&w.keys["holder"].PublicKey)
	if err != nil {
		return f, err
	}
	good := token{key: "holder", header: map[string]any{"alg": "ES256", "typ": "openid4vci-proof+jwt", "kid": did}, claims: map[string]any{
		"iss": Wallet, "aud": Issuer, "nonce": Nonce, "iat": Now.Unix(),
	}}
	kid := func(name, did, why string) variant {
		return variant{name: name, header: map[string]any{"kid": did}, outcome: "refused invalid_proof", why: why}
	}
	all := append([]variant{
		{name: "another nonce", claims: map[string]any{"nonce": "another"}, outcome: "refused invalid_nonce", why: "GOV.UK: the token's c_nonce"},
		{name: "for another issuer", claims: map[string]any{"aud": "https://elsewhere.example"}, outcome: "refused invalid_proof", why: "GOV.UK: aud"},
		{name: "of another wallet", claims: map[string]any{"iss": "urn:fdc:elsewhere"}, outcome: "refused invalid_proof", why: "GOV.UK: iss"},
		{name: "made in milliseconds", claims: map[string]any{"iat": Now.UnixMilli()}, outcome: "refused invalid_proof", why: "RFC 7519 §2: seconds"},
		{name: "made before the offer", claims: map[string]any{"iat": Now.AddDate(0, 0, -2).Unix()}, outcome: "refused invalid_proof", why: "GOV.UK: after the pre-authorised code"},
		{name: "made tomorrow", claims: map[string]any{"iat": Now.AddDate(0, 0, 1).Unix()}, outcome: "refused invalid_proof", why: "OpenID4VCI Appendix F.4"},
		kid("a did:key with its fragment", did+"#"+strings.TrimPrefix(did, "did:key:"), "GOV.UK: bare"),
		kid("a did:key whose point has prefix 07", "did:key:zDnbBSgYfzVZHGN6cPxsd6NewA2SzPLAmzCxHCAAm3QMzPq3J", "SEC 1 §2.3.3"),
		kid("a did:key of Ed25519", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "GOV.UK: P-256"),
		kid("no did:key", "holder", "GOV.UK: kid is a did:key"),
	}, tokenTricks("refused invalid_proof")...)
	all = append(all, variant{name: "good", outcome: "accepted"}) // last: it spends the token
	f.Cases, err = w.variants(good, "proof", all)
	return f, err
}

// sdJWTs are made of one credential with one disclosure.
func (w *workshop) sdJWTs() (File, error) {
	f := File{Name: "sdjwt.json", About: "SD-JWT VCs (RFC 9901, draft-ietf-oauth-sd-jwt-vc), presented with a key binding to the nonce and audience beside them.", With: map[string]any{"nonce": Nonce, "audience": Audience}}
	disclosure := b64([]byte(`["c2FsdCBvZiB0aGUgdGVzdHM","family_name","Synthetic"]`))
	issued := token{key: "credential", header: map[string]any{"alg": "ES256", "typ": "dc+sd-jwt", "kid": DID + "#credential"}, claims: map[string]any{
		"iss": Issuer, "iat": Now.AddDate(0, 0, -1).Unix(), "exp": Now.AddDate(0, 1, 0).Unix(), "vct": "urn:synthetic", "_sd_alg": "sha-256", "_sd": []string{hash(disclosure)},
		"cnf": map[string]any{"jwk": w.jwk("holder")}, "status": statusClaim(1, List),
	}}
	for _, c := range []struct {
		name, outcome, why string
		issued, binding    map[string]any
		typ, key           string
		change             func(signed, binding string) string
	}{
		{name: "good", outcome: "valid"},
		{name: "a disclosure that was changed", outcome: "not_valid digest", why: "RFC 9901 §7.1", change: func(s, b string) string { return strings.Replace(s, disclosure, flip(disclosure), 1) + b }},
		{name: "a disclosure that nobody signed", outcome: "not_valid", why: "RFC 9901 §7.1", change: func(s, b string) string { return s + b64([]byte(`["x","admin",true]`)) + "~" + b }},
		{name: "a disclosure twice", outcome: "not_valid", why: "RFC 9901 §7.1", change: func(s, b string) string { return s + disclosure + "~" + b }},
		{name: "fewer disclosures than were bound", outcome: "not_valid holder_signature", why: "RFC 9901 §7.3: sd_hash", change: func(s, b string) string { return strings.Replace(s, disclosure+"~", "", 1) + b }},
		{name: "no key binding", outcome: "not_valid holder_signature", why: "RFC 9901 §7.3", change: func(s, _ string) string { return s }},
		{name: "no last tilde", outcome: "not_valid malformed", why: "RFC 9901 §4", change: func(s, _ string) string { return strings.TrimSuffix(s, "~") }},
		{name: "bound by another", key: "stranger", outcome: "not_valid holder_signature", why: "RFC 9901 §7.3: the key of cnf"},
		{name: "bound to another nonce", binding: map[string]any{"nonce": "other"}, outcome: "not_valid nonce_mismatch", why: "RFC 9901 §7.3"},
		{name: "bound to another audience", binding: map[string]any{"aud": "other"}, outcome: "not_valid audience_mismatch", why: "RFC 9901 §7.3"},
		{name: "bound yesterday", binding: map[string]any{"iat": Now.AddDate(0, 0, -1).Unix()}, outcome: "not_valid presentation_time", why: "RFC 9901 §7.3"},
		{name: "bound under another type", typ: "JWT", outcome: "not_valid holder_signature", why: "RFC 9901 §4.3"},
		{name: "another hash", issued: map[string]any{"_sd_alg": "md5"}, outcome: "not_valid digest", why: "RFC 9901 §4.1.1"},
		{name: "a digest twice", issued: map[string]any{"_sd": []string{hash(disclosure), hash(disclosure)}}, outcome: "not_valid digest", why: "RFC 9901 §7.1"},
		{name: "without an end", issued: map[string]any{"exp": nil}, outcome: "not_valid malformed", why: "our own rule: a document that ends"},
		{name: "an issuer nobody trusts", issued: map[string]any{"iss": "https://elsewhere.example"}, outcome: "not_valid issuer_untrusted", why: "trust comes from the reader"},
	} {
		text, err := w.compact(issued.with(nil, c.issued))
		if err != nil {
			return f, err
		}
		signed := text + "~" + disclosure + "~"
		typ, key := "kb+jwt", "holder"
		if c.typ != "" {
			typ = c.typ
		}
		if c.key != "" {
			key = c.key
		}
		binding, err := w.compact(token{key: key, header: map[string]any{"alg": "ES256", "typ": typ}, claims: map[string]any{
			"nonce": Nonce, "aud": Audience, "iat": Now.Unix(), "sd_hash": hash(signed)}}.with(nil, c.binding))
		if err != nil {
			return f, err
		}
		whole := signed + binding
		if c.change != nil {
			whole = c.change(signed, binding)
		}
		f.Cases = append(f.Cases, Case{c.name, map[string]string{"sdJwt": whole}, c.outcome, c.why})
	}
	return f, nil
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return b64(sum[:])
}

// flip changes one letter within.
func flip(text string) string {
	b := []byte(text)
	if b[len(b)/2]++; b[len(b)/2] == '[' || b[len(b)/2] == '{' || b[len(b)/2] == ':' {
		b[len(b)/2] = 'A'
	}
	return string(b)
}
