package check

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"justice-wallet/conformance/wallet"
)

// judgeMDocs holds the issued and the refreshed document, and the certificates, against their rules.
func (r *IssuerRecord) judgeMDocs() []Finding {
	var out []Finding
	for _, step := range []string{stepIssue, stepRefresh} {
		c := r.mdocCredential(step)
		steps := func([]string) []Exchange { return r.exchanges([]string{step}) }
		out = append(out, judge(mdocRules, step, c, steps)...)
		if leaf, err := c.signer(); err == nil && step == stepIssue {
			signer := &certificate{"document signer", leaf, c.root(leaf), ProfileSigner, r.Began}
			out = append(out, judge(rulesOf(ProfileSigner), signer.name, signer, steps)...)
		}
	}
	out = append(out, judge(pairRules, "", r, r.exchanges)...)
	for i, root := range r.roots() {
		c := &certificate{fmt.Sprintf("issuing authority %d", i+1), root, nil, ProfileIACA, r.Began}
		out = append(out, judge(rulesOf(ProfileIACA), c.name, c, func([]string) []Exchange { return r.exchanges(iacasSteps) })...)
	}
	return out
}

var mdocRules = []rule[*mdocCredential]{
	{"mdoc.encoding", "The credential is unpadded base64url", "H: isValidCredential (mdoc)", nil, func(c *mdocCredential) error {
		if c.err != nil {
			return c.err
		}
		_, err := c.bytes()
		return err
	}},
	{"mdoc.form", "It is an IssuerSigned in strict CBOR: nameSpaces, issuerAuth, and nothing else", "H: issuerSigned schema; ISO 18013-5 §8.3.2.1.2.2", nil, func(c *mdocCredential) error {
		top, err := c.top()
		if err != nil {
			return err
		}
		_, spaces := top.Get("nameSpaces")
		_, auth := top.Get("issuerAuth")
		return want(len(top) == 2 && spaces && auth, "it has %d members", len(top))
	}},
	{"mdoc.items", "Every item has exactly digestID, random, elementIdentifier and elementValue, in tag 24", "H: issuerSigned schema; ISO 18013-5 §9.1.2.5", nil, func(c *mdocCredential) error {
		_, err := c.items()
		return err
	}},
	{"mdoc.digest-ids", "Digest ids are below 2^31 and distinct in their namespace", "H: isValidDigestIDs; ISO 18013-5 §9.1.2.4", nil, inItems(func(_ *mdocCredential, items []item) error {
		seen := map[string]bool{}
		for _, i := range items {
			key := fmt.Sprintf("%s %d", i.space, i.digestID)
			if i.digestID < 0 || i.digestID >= 1<<31 || seen[key] {
				return errors.New("one is not")
			}
			seen[key] = true
		}
		return nil
	})},
	{"mdoc.random", "Every item has a random of at least 16 bytes, and no two the same", "ISO 18013-5 §9.1.2.5 (unchecked by H)", nil, inItems(func(_ *mdocCredential, items []item) error {
		seen := map[string]bool{}
		for _, i := range items {
			if len(i.random) < 16 || seen[string(i.random)] {
				return errors.New("one has a short one, or another's")
			}
			seen[string(i.random)] = true
		}
		return nil
	})},
	{"mdoc.once", "No element is there twice", "ISO 18013-5 §8.3.2.1.2.2 (unchecked by H)", nil, inItems(func(_ *mdocCredential, items []item) error {
		seen := map[[2]string]bool{}
		for _, i := range items {
			key := [2]string{i.space, i.name}
			if seen[key] {
				return fmt.Errorf("%s is", printable(i.name, 60))
			}
			seen[key] = true
		}
		return nil
	})},
	{"mdoc.elements", "It has every mandatory element of its metadata, and none that is not in it", "H: the mDL's lists; here for any document, by its metadata", nil, inElements(complete)},
	{"mdoc.types", "Every element is of the type its metadata announces", "H: the mDL's lists; here for any document, by its metadata", nil, inElements(typed)},
	{"mdoc.portrait", "A picture has at most 1 MiB, and no EXIF", "D: photos (unchecked by H)", nil, inItems(func(_ *mdocCredential, items []item) error {
		for _, i := range items {
			if picture, ok := i.value.([]byte); ok && (len(picture) > 1<<20 || bytes.Contains(picture, []byte("Exif\x00\x00"))) {
				return errors.New("one is larger, or has")
			}
		}
		return nil
	})},
	{"mdoc.auth", "issuerAuth is an untagged COSE_Sign1", "H: issuerAuth schema", nil, func(c *mdocCredential) error {
		_, err := c.auth()
		return err
	}},
	{"mdoc.protected", "Its protected header is exactly ES256", "H: issuerAuth schema", nil, inAuth(func(s sign1) error {
		return want(len(s.protected) == 1 && s.protected[0] == wallet.Entry{Key: coseAlg, Value: es256}, "it is another")
	})},
	{"mdoc.x5chain", "Its unprotected header is exactly one certificate", "H: issuerAuth schema", nil, func(c *mdocCredential) error {
		_, err := c.signer()
		return err
	}},
	{"mdoc.root", "An active authority of the issuer has the name of the signer's issuer, byte for byte", "H: isValidX5chain", nil, func(c *mdocCredential) error {
		leaf, err := c.signer()
		if err != nil {
			return needs(err)
		}
		if len(c.r.roots()) == 0 {
			return unknown("the issuer's authorities cannot be read")
		}
		return want(c.root(leaf) != nil, "none has")
	}},
	{"mdoc.signature", "The signer's key verifies it", "H: isValidIssuerAuth; ISO 18013-5 §9.1.2.4", nil, func(c *mdocCredential) error {
		leaf, err := c.signer()
		if err != nil {
			return needs(err)
		}
		return c.signedBy(leaf)
	}},
	{"mdoc.mso", "The MobileSecurityObject is strict CBOR in tag 24, with exactly its seven members", "H: mso schema", nil, func(c *mdocCredential) error {
		mso, err := c.mso()
		if err != nil {
			return err
		}
		for _, name := range []string{"version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo", "status"} {
			if _, ok := mso.Get(name); !ok {
				return fmt.Errorf("%s is missing", name)
			}
		}
		return want(len(mso) == 7, "it has %d", len(mso))
	}},
	{"mdoc.version", "It is of version 1.0, with digests by SHA-256", "H: mso schema", nil, inMSO(func(_ *mdocCredential, mso wallet.Map) error {
		version, _ := mso.Get("version")           // an absent member is nil, which is no text
		algorithm, _ := mso.Get("digestAlgorithm") // likewise
		return want(version == "1.0" && algorithm == "SHA-256", "it is of another")
	})},
	{"mdoc.digests", "Every item has its digest: SHA-256 over its tagged bytes", "H: isValidDigests; ISO 18013-5 §9.1.2.5", nil, inItems(func(c *mdocCredential, items []item) error {
		all, err := c.member("valueDigests")
		if err != nil {
			return needs(err)
		}
		for _, i := range items {
			encoded, err := wallet.EncodeCBOR(i.tagged)
			if err != nil {
				return err
			}
			digest := sha256.Sum256(encoded)
			ids, _ := mapIn(all, i.space) // a namespace without digests has none for the item
			stated, _ := ids.Get(i.digestID)
			if b, ok := stated.([]byte); !ok || !bytes.Equal(b, digest[:]) {
				return fmt.Errorf("%s has another", printable(i.name, 60))
			}
		}
		return nil
	})},
	{"mdoc.namespaces", "Items, digests and key authorisations are of the same namespaces", "H: mso schema", nil, inItems(func(c *mdocCredential, items []item) error {
		var names, digests, authorised []string
		for _, i := range items {
			names = append(names, i.space)
		}
		all, err := c.member("valueDigests")
		if err != nil {
			return needs(err)
		}
		for _, e := range all {
			name, _ := e.Key.(string) // what is no text is no namespace
			digests = append(digests, name)
		}
		if authorised, err = c.authorised(); err != nil {
			return needs(err)
		}
		return want(sameSet(names, digests) && sameSet(names, authorised), "they differ")
	})},
	{"mdoc.key-authorizations", "The device key is authorised for namespaces, each once, and for nothing else", "H: mso schema", nil, func(c *mdocCredential) error {
		_, err := c.authorised()
		return err
	}},
	{"mdoc.device-key", "The device key is the one that the proof was made with", "D: proof of possession; ISO 18013-5 §9.1.2.4 (unchecked by H)", nil, func(c *mdocCredential) error {
		info, err := c.member("deviceKeyInfo")
		if err != nil {
			return needs(err)
		}
		v, _ := info.Get("deviceKey") // an absent member is nil, which is no key
		key, err := wallet.COSEKey(v)
		if err != nil {
			return err
		}
		return want(key.Equal(c.r.Device), "it is another")
	}},
	{"mdoc.doctype", "docType is the metadata's", "H: mso schema; ISO 18013-5 §9.3.1", nil, inMSO(func(c *mdocCredential, mso wallet.Map) error {
		configuration, err := c.r.configuration()
		if err != nil {
			return err
		}
		docType, _ := mso.Get("docType") // an absent member is nil, which is no text
		return want(docType == text(configuration, "doctype"), "it is another")
	})},
	{"mdoc.times", "signed, validFrom and validUntil are UTC in whole seconds, in tag 0", "H: validityInfo schema; ISO 18013-5 §9.1.2.4", nil, func(c *mdocCredential) error {
		info, err := c.member("validityInfo")
		if err != nil {
			return needs(err)
		}
		for _, e := range info {
			name, _ := e.Key.(string) // what is no text is no time
			if _, err := c.moment(name); err != nil {
				return err
			}
			if !slices.Contains([]string{"signed", "validFrom", "validUntil", "expectedUpdate"}, name) {
				return fmt.Errorf("it has a time %q", printable(name, 40))
			}
		}
		for _, name := range []string{"signed", "validFrom", "validUntil"} {
			if _, err := c.moment(name); err != nil {
				return err
			}
		}
		return nil
	}},
	{"mdoc.valid-now", "It was signed before it is valid, is valid now, and ends in the future", "H: isValidValidityInfo", nil, func(c *mdocCredential) error {
		t, err := c.times("signed", "validFrom", "validUntil")
		if err != nil {
			return err
		}
		now := c.r.Began.Add(clockSkew)
		return want(!t[0].After(now) && !t[1].Before(t[0]) && !t[1].After(now) && t[2].After(c.r.Began), "signed %s, valid from %s to %s", t[0], t[1], t[2])
	}},
	{"mdoc.validity-days", "It is valid for no longer than its metadata says", "D: metadata (unchecked by H)", nil, func(c *mdocCredential) error {
		t, err := c.times("validFrom", "validUntil")
		if err != nil {
			return err
		}
		return c.r.withinDays(t[1].Sub(t[0]))
	}},
	{"mdoc.expected-update", "An expected update is before the end", "H: isValidValidityInfo", nil, func(c *mdocCredential) error {
		info, err := c.member("validityInfo")
		if err != nil {
			return needs(err)
		}
		if _, stated := info.Get("expectedUpdate"); !stated {
			return apart("none is named")
		}
		t, err := c.times("expectedUpdate", "validUntil")
		if err != nil {
			return err
		}
		return want(!t[0].After(t[1]), "it is after it")
	}},
	{"mdoc.signed-in-life", "It was signed while its signer's certificate was valid", "ISO 18013-5 §9.3.1 step 5 (unchecked by H)", nil, func(c *mdocCredential) error {
		leaf, err := c.signer()
		if err != nil {
			return needs(err)
		}
		t, err := c.times("signed")
		if err != nil {
			return err
		}
		if !c.r.Began.Before(leaf.NotAfter) || c.r.Began.Before(leaf.NotBefore) {
			return unknown("the certificate is not valid now")
		}
		return want(!t[0].Before(leaf.NotBefore) && !t[0].After(leaf.NotAfter), "it was not")
	}},
	{"mdoc.status", "It names exactly one entry of one status list", "H: mso schema", nil, func(c *mdocCredential) error {
		if _, err := c.mso(); err != nil {
			return needs(err)
		}
		_, _, err := c.status()
		return err
	}},
}

// pairRules compare the issued and the refreshed document.
var pairRules = []rule[*IssuerRecord]{
	{"mdoc.unlinkable", "The issued and the refreshed document share no random and no status entry", "ISO 18013-5 §9.1.2.5; " + draft + "§12.2 (unchecked by H)", []string{stepIssue, stepRefresh}, func(r *IssuerRecord) error {
		a, b := r.mdocCredential(stepIssue), r.mdocCredential(stepRefresh)
		uriA, idxA, errA := a.status()
		uriB, idxB, errB := b.status()
		first, errFirst := a.items()
		second, errSecond := b.items()
		if err := errors.Join(errA, errB, errFirst, errSecond); err != nil {
			return needs(err)
		}
		if a.raw == b.raw {
			return unknown("they are one document")
		}
		for _, x := range first {
			if slices.ContainsFunc(second, func(y item) bool { return bytes.Equal(x.random, y.random) }) {
				return errors.New("they share a random")
			}
		}
		return want(uriA != uriB || idxA != idxB, "they share a status entry")
	}},
}

func inItems(holds func(*mdocCredential, []item) error) func(*mdocCredential) error {
	return func(c *mdocCredential) error {
		items, err := c.items()
		if err != nil {
			return needs(err)
		}
		return holds(c, items)
	}
}

func inElements(holds func(configuration map[string]any, elements []element) error) func(*mdocCredential) error {
	return inItems(func(c *mdocCredential, items []item) error {
		configuration, err := c.r.configuration()
		if err != nil {
			return err
		}
		elements := make([]element, len(items))
		for i, it := range items {
			elements[i] = element{[2]string{it.space, it.name}, it.value}
		}
		return holds(configuration, elements)
	})
}

func inAuth(holds func(sign1) error) func(*mdocCredential) error {
	return func(c *mdocCredential) error {
		s, err := c.auth()
		if err != nil {
			return needs(err)
		}
		return holds(s)
	}
}

func inMSO(holds func(*mdocCredential, wallet.Map) error) func(*mdocCredential) error {
	return func(c *mdocCredential) error {
		mso, err := c.mso()
		if err != nil {
			return needs(err)
		}
		return holds(c, mso)
	}
}

// authorised are the namespaces that the device key may sign for.
func (c *mdocCredential) authorised() ([]string, error) {
	info, err := c.member("deviceKeyInfo")
	if err != nil {
		return nil, needs(err)
	}
	auth, err := mapIn(info, "keyAuthorizations")
	if err != nil {
		return nil, err
	}
	v, _ := auth.Get("nameSpaces") // an absent member is nil, which is no list
	list, ok := v.([]any)
	if !ok || len(auth) != 1 || len(info) != 2 {
		return nil, errors.New("deviceKeyInfo has another shape")
	}
	var out []string
	for _, v := range list {
		name, ok := v.(string)
		if !ok || slices.Contains(out, name) {
			return nil, errors.New("a namespace is no text, or there twice")
		}
		out = append(out, name)
	}
	return out, nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Compact(slices.Sorted(slices.Values(a))), slices.Compact(slices.Sorted(slices.Values(b))))
}

// withinDays holds how long a document is valid against its metadata.
func (r *IssuerRecord) withinDays(life time.Duration) error {
	c, err := r.configuration()
	if err != nil {
		return err
	}
	n, ok := c["credential_validity_period_max_days"].(json.Number)
	if !ok {
		return unknown("the metadata does not say")
	}
	days, err := n.Float64()
	if err != nil {
		return needs(err)
	}
	return want(life.Hours() <= days*24+1, "it is valid for %.1f days, of %v", life.Hours()/24, days) // an hour for summer time
}
