package onelogin_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"justice-wallet/conformance/onelogin"
)

// code signs a pre-authorised code, changed by mutate.
func (b *bench) code(mutate func(header, payload claims)) string {
	b.t.Helper()
	header := claims{"kid": "issuer-key", "typ": "JWT", "alg": "ES256"}
	payload := claims{
		"aud": b.url, "iss": b.issuerURL, "clientId": clientID,
		"credential_identifiers": []string{"offer-1"}, "credential_configuration_ids": []string{"release"},
		"iat": b.now().Unix(), "exp": b.now().Add(15 * time.Minute).Unix(),
	}
	if mutate != nil {
		mutate(header, payload)
	}
	return sign(b.t, b.key, header, payload)
}

func redeem(code string) url.Values {
	return url.Values{"grant_type": {grantPre}, "pre-authorized_code": {code}}
}

func TestPreAuthorisedCodeIsRedeemedForAnAccessToken(t *testing.T) {
	b := newBench(t)
	status, answer := b.token(b.session(), redeem(b.code(nil)))
	if status != http.StatusOK || answer["token_type"] != "Bearer" || answer["expires_in"] != 180.0 {
		t.Fatalf("status %d, want a bearer token for 180 s", status)
	}
	header, payload := b.verified(answer["access_token"].(string))
	if len(header) != 3 || header["alg"] != "ES256" || header["typ"] != "at+jwt" {
		t.Errorf("header is %v", header)
	}
	want := []string{"aud", "c_nonce", "credential_configuration_ids", "credential_identifiers", "exp", "iss", "jti", "sub"}
	if got := slices.Sorted(maps.Keys(payload)); !slices.Equal(got, want) {
		t.Errorf("claims are %v, want %v", got, want)
	}
	if payload["sub"] != subject || payload["iss"] != b.url || payload["aud"] != b.issuerURL ||
		payload["exp"] != float64(b.now().Unix()+180) {
		t.Error("a claim of the access token is wrong")
	}
	if ids, _ := payload["credential_identifiers"].([]any); len(ids) != 1 || ids[0] != "offer-1" {
		t.Error("credential_identifiers is not the code's")
	}
}

func TestBadCodesAreRefused(t *testing.T) {
	b := newBench(t)
	minutes := func(n int) int64 { return b.now().Add(time.Duration(n) * time.Minute).Unix() }
	tests := map[string]func(header, payload claims){
		"unknown kid":         func(h, _ claims) { h["kid"] = "other" },
		"another typ":         func(h, _ claims) { h["typ"] = "at+jwt" },
		"another alg":         func(h, _ claims) { h["alg"] = "none" },
		"extra header":        func(h, _ claims) { h["cty"] = "JWT" },
		"extra claim":         func(_, p claims) { p["jti"] = "1" },
		"no clientId":         func(_, p claims) { delete(p, "clientId") },
		"unknown client":      func(_, p claims) { p["clientId"] = "nobody" },
		"another's client id": func(_, p claims) { p["clientId"] = "another" },
		"another issuer":      func(_, p claims) { p["iss"] = "http://127.0.0.1:1" },
		"aud with slash":      func(_, p claims) { p["aud"] = b.url + "/" },
		"aud in an array":     func(_, p claims) { p["aud"] = []string{b.url} },
		"two identifiers":     func(_, p claims) { p["credential_identifiers"] = []string{"a", "b"} },
		"no configuration":    func(_, p claims) { p["credential_configuration_ids"] = []string{} },
		"issued later":        func(_, p claims) { p["iat"] = minutes(1) },
		"iat a text":          func(_, p claims) { p["iat"] = "1800000000" },
		"expired":             func(_, p claims) { p["iat"], p["exp"] = minutes(-10), minutes(0) },
		"too short":           func(_, p claims) { p["exp"] = minutes(5) - 1 },
		"too long":            func(_, p claims) { p["exp"] = minutes(60) + 1 },
	}
	session := b.session()
	for name, mutate := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := b.token(session, redeem(b.code(mutate)))
			b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
		})
	}
}

func TestCodeNeedsTheIssuersSignatureAndDistinctMembers(t *testing.T) {
	b := newBench(t)
	good := b.code(nil)
	b.key = newKey(t) // the issuer now publishes another key under the same kid
	status, answer := b.token(b.session(), redeem(good))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")

	payload, err := json.Marshal(claims{"iss": b.issuerURL})
	if err != nil {
		t.Fatal(err)
	}
	twice := signText(t, b.key, b64([]byte(`{"alg":"ES256","alg":"ES256","kid":"issuer-key","typ":"JWT"}`))+"."+b64(payload))
	status, answer = b.token(b.session(), redeem(twice))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
}

func TestCodeWaitsForTheIssuersKeys(t *testing.T) {
	b := newBench(t)
	code, session := b.code(nil), b.session()
	b.keysStatus.Store(http.StatusServiceUnavailable)
	status, answer := b.token(session, redeem(code))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
	b.keysStatus.Store(http.StatusOK)
	if status, _ := b.token(session, redeem(code)); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}

func TestCodeIsRedeemedOnce(t *testing.T) {
	b := newBench(t)
	code, session := b.code(nil), b.session()
	if status, _ := b.token(session, redeem(code)); status != http.StatusOK {
		t.Fatalf("first redemption: status %d", status)
	}
	status, answer := b.token(session, redeem(code))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")

	// Another signature over the same code is the same code.
	signed := code[:len(code)-87]
	status, answer = b.token(session, redeem(signText(t, b.key, signed)))
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
}

func TestCodeSurvivesARefusal(t *testing.T) {
	b := newBench(t)
	code := b.code(nil)
	status, answer := b.token("not a session", redeem(code))
	b.wantRefusal(status, answer, http.StatusUnauthorized, "invalid_client")
	if status, _ := b.token(b.session(), redeem(code)); status != http.StatusOK {
		t.Errorf("after a refusal: status %d", status)
	}
}

func TestTokenRequestsThatAreNot(t *testing.T) {
	b := newBench(t)
	session := b.session()
	tests := map[string]struct {
		form url.Values
		want string
	}{
		"no grant type":    {url.Values{}, "invalid_request"},
		"unknown grant":    {url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
		"grant type twice": {url.Values{"grant_type": {grantPre, grantPre}}, "invalid_request"},
		"no code":          {url.Values{"grant_type": {grantPre}}, "invalid_request"},
		"a tx_code":        {url.Values{"grant_type": {grantPre}, "pre-authorized_code": {"x"}, "tx_code": {"1"}}, "invalid_request"},
		"code not a JWS":   {redeem("x.y"), "invalid_grant"},
		"code of 4 parts":  {redeem(b.code(nil) + ".x"), "invalid_grant"},
		"no refresh token": {url.Values{"grant_type": {"refresh_token"}}, "invalid_request"},
		"unknown refresh":  {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "invalid_grant"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := b.token(session, test.form)
			b.wantRefusal(status, answer, http.StatusBadRequest, test.want)
		})
	}
}

func TestRefreshTokenRotates(t *testing.T) {
	b := newBench(t)
	_, first := b.token(b.session(), redeem(b.code(nil)))
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"].(string)}}
	status, second := b.token("", form)
	if status != http.StatusOK || second["refresh_token"] == first["refresh_token"] {
		t.Fatalf("refresh: status %d, want a new refresh token", status)
	}
	_, before := b.verified(first["access_token"].(string))
	_, after := b.verified(second["access_token"].(string))
	if _, ok := after["credential_identifiers"]; ok {
		t.Error("an access token for a refresh names a credential identifier")
	}
	if after["c_nonce"] == before["c_nonce"] || after["jti"] == before["jti"] || after["sub"] != subject || after["aud"] != b.issuerURL {
		t.Error("the access token is not a fresh one for the same person and issuer")
	}
	status, answer := b.token("", form)
	b.wantRefusal(status, answer, http.StatusBadRequest, "invalid_grant")
}

func TestKeyRotation(t *testing.T) {
	b := newBench(t)
	kid := func() (string, string) {
		var set struct{ Keys []claims }
		b.getJSON("/.well-known/jwks.json", &set)
		if len(set.Keys) != 1 || len(set.Keys[0]) != 5 {
			t.Fatal("key set is not one key of kty, crv, x, y and kid")
		}
		return set.Keys[0]["kid"].(string), set.Keys[0]["x"].(string)
	}
	kid1, x1 := kid()
	if kid1 != "5d76b492-d62e-46f4-a3d9-bc51e8b91ac5" {
		t.Errorf("first kid is %s", kid1)
	}
	if err := b.server.RotateKey(false); err != nil {
		t.Fatal(err)
	}
	kid2, x2 := kid()
	if kid2 != kid1 || x2 == x1 {
		t.Error("RotateKey(false) must change the key and keep the kid")
	}
	if err := b.server.RotateKey(true); err != nil {
		t.Fatal(err)
	}
	if kid3, x3 := kid(); kid3 == kid2 || x3 == x2 {
		t.Error("RotateKey(true) must change key and kid")
	}
	token, err := b.server.MintAccessToken(onelogin.AccessClaims{Subject: subject, Issuer: b.issuerURL, Configuration: "release", Nonce: "n"})
	if err != nil {
		t.Fatal(err)
	}
	b.verified(token)
}

func TestMintedTokenCanBeMadeBad(t *testing.T) {
	b := newBench(t)
	token, err := b.server.MintAccessToken(onelogin.AccessClaims{Subject: subject, Nonce: "n"},
		func(h, c map[string]any) { h["typ"], c["sub"] = "JWT", "someone else" })
	if err != nil {
		t.Fatal(err)
	}
	header, payload := b.verified(token)
	if header["typ"] != "JWT" || payload["sub"] != "someone else" || payload["c_nonce"] != "n" {
		t.Error("mutation or nonce was not applied")
	}
}

func TestDown(t *testing.T) {
	b := newBench(t)
	for down, want := range map[bool]int{true: http.StatusServiceUnavailable, false: http.StatusOK} {
		b.server.SetDown(down)
		res, err := b.client.Get(b.url + "/.well-known/jwks.json")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("down %v: status %d, want %d", down, res.StatusCode, want)
		}
	}
}

func TestSessionNeedsAWalletSubject(t *testing.T) {
	b := newBench(t)
	res, err := b.client.Post(b.url+"/stand-in/session", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", res.StatusCode)
	}
}
