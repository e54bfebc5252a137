package wallet_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestJWTCredential(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(header, payload claims)
		reason string
	}{
		"typ JWT":              {func(h, _ claims) { h["typ"] = "JWT" }, "wrong typ"},
		"no cty":               {func(h, _ claims) { delete(h, "cty") }, "cty is missing"},
		"extra header":         {func(h, _ claims) { h["jku"] = "https://x.example" }, "not in the schema"},
		"alg none":             {func(h, _ claims) { h["alg"] = "none" }, "not ES256"},
		"kid in capitals":      {func(h, _ claims) { h["kid"] = "did:web:127.0.0.1#K1" }, "kid"},
		"kid of another":       {func(h, _ claims) { h["kid"] = "did:web:other.example#k1" }, "not in the DID document"},
		"another iss":          {func(_, p claims) { p["iss"] = "https://other.example" }, "iss and issuer"},
		"another issuer":       {func(_, p claims) { p["issuer"] = "https://other.example" }, "iss and issuer"},
		"another sub":          {func(_, p claims) { p["sub"] = "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv" }, "sub is not"},
		"another subject":      {func(_, p claims) { p["credentialSubject"].(claims)["id"] = "did:key:z" }, "credentialSubject.id"},
		"version 1 context":    {func(_, p claims) { p["@context"] = []string{"https://www.w3.org/2018/credentials/v1"} }, "@context"},
		"another type":         {func(_, p claims) { p["type"] = []string{"VerifiableCredential", "Other"} }, "type is not"},
		"type out of order":    {func(_, p claims) { p["type"] = []string{"Release", "VerifiableCredential"} }, "type is not"},
		"no validUntil":        {func(_, p claims) { delete(p, "validUntil") }, "validUntil"},
		"validUntil a number":  {func(_, p claims) { p["validUntil"] = noon.Unix() }, "validUntil"},
		"validUntil with zone": {func(_, p claims) { p["validUntil"] = "2027-01-16T08:00:00+00:00" }, "validUntil"},
		"over":                 {func(_, p claims) { p["validUntil"], p["exp"] = instant(noon), noon.Unix() }, "validUntil has passed"},
		"valid later":          {func(_, p claims) { p["validFrom"] = instant(noon.Add(time.Second)) }, "validFrom"},
		"update after end":     {func(_, p claims) { p["expectedUpdate"] = instant(noon.Add(25 * time.Hour)) }, "expectedUpdate"},
		"exp before end":       {func(_, p claims) { p["exp"] = noon.Unix() + 1 }, "exp does not fit"},
		"nbf later":            {func(_, p claims) { p["nbf"] = noon.Unix() + 1 }, "nbf does not fit"},
		"iat a text":           {func(_, p claims) { p["iat"] = "1800000000" }, "iat is not a number"},
		"iat a fraction":       {func(_, p claims) { p["iat"] = 1.5 }, "whole number"},
		"status without list":  {func(_, p claims) { p["status"] = claims{} }, "status_list"},
		"status idx a text":    {func(_, p claims) { p["status"].(claims)["status_list"].(claims)["idx"] = "5" }, "idx is not a number"},
		"claim not announced":  {func(_, p claims) { p["credentialSubject"].(claims)["prisonNumber"] = "x" }, "not in the metadata"},
		"mandatory missing":    {func(_, p claims) { delete(p["credentialSubject"].(claims), "familyName") }, "familyName is missing"},
		"no such date":         {func(_, p claims) { p["credentialSubject"].(claims)["birthDate"] = "1990-02-30" }, "not of type full-date"},
		"name an object":       {func(_, p claims) { p["credentialSubject"].(claims)["familyName"] = claims{} }, "not of type text"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.jwt.edit = test.edit
			d.refuses(t, "jwt", test.reason)
		})
	}
}

func TestJWTCredentialEncoding(t *testing.T) {
	for name, test := range map[string]struct {
		after  func(token string) string
		reason string
	}{
		"padded":            {func(s string) string { return s + "=" }, "base64url"},
		"line break":        {func(s string) string { return s + "\n" }, "base64url"},
		"four parts":        {func(s string) string { return s + "." }, "compact"},
		"JSON":              {func(string) string { return "{}" }, "compact"},
		"signature changed": {func(s string) string { return s[:len(s)-10] + "AAAAAAAAAA" }, "does not verify"},
		"no signature":      {func(s string) string { return s[:strings.LastIndexByte(s, '.')+1] }, "64 bytes"},
		"duplicate header": {func(s string) string {
			header := `{"alg":"ES256","typ":"vc+jwt","cty":"vc","kid":"a","kid":"did:web:127.0.0.1#k1"}`
			return base64.RawURLEncoding.EncodeToString([]byte(header)) + s[strings.IndexByte(s, '.'):]
		}, "duplicate"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.jwt.after = test.after
			d.refuses(t, "jwt", test.reason)
		})
	}
}

func TestDIDDocumentsThatAreNot(t *testing.T) {
	for name, edit := range map[string]func(doc, method claims){
		"another id":           func(doc, _ claims) { doc["id"] = "did:web:127.0.0.1%3A8080" },
		"extra member":         func(doc, _ claims) { doc["authentication"] = []string{} },
		"another context":      func(doc, _ claims) { doc["@context"] = []string{"https://www.w3.org/ns/did/v1"} },
		"not for assertions":   func(doc, _ claims) { doc["assertionMethod"] = []string{"did:web:127.0.0.1#k2"} },
		"another controller":   func(_, m claims) { m["controller"] = "did:web:other.example" },
		"another type":         func(_, m claims) { m["type"] = "JsonWebKey" },
		"id unlike kid":        func(_, m claims) { m["publicKeyJwk"].(claims)["kid"] = "k2" },
		"use in the key":       func(_, m claims) { m["publicKeyJwk"].(claims)["use"] = "sig" },
		"key without alg":      func(_, m claims) { delete(m["publicKeyJwk"].(claims), "alg") },
		"key on another curve": func(_, m claims) { m["publicKeyJwk"].(claims)["crv"] = "P-384" },
		"key not on the curve": func(_, m claims) { m["publicKeyJwk"].(claims)["y"] = strings.Repeat("A", 43) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			doc := d.answers["/.well-known/did.json"].(claims)
			edit(doc, doc["verificationMethod"].([]claims)[0])
			d.refuses(t, "jwt", "DID document")
		})
	}
}
