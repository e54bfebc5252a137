package differential_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/conformance/wallet"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/format/mdoc"
)

// demandsOfTheWallet are documents that we read and the simulated wallet refuses, by what it says of them.
var demandsOfTheWallet = map[string]string{
	"unprotected header is not exactly one certificate":   "GOV.UK's profile: the document signer's certificate alone; we read chains of up to four (RFC 9360 §2)",
	"IssuerSigned: member nameSpaces is missing":          "a wallet is given no document without elements; a holder may show none (ISO 18013-5 §8.3.2.1.2.2)",
	"digest algorithm is not SHA-256":                     "GOV.UK's profile; we read all three of ISO 18013-5 §9.1.2.5",
	"member status is missing":                            "GOV.UK's profile; other issuers' documents have none",
	"member keyAuthorizations is missing":                 "GOV.UK's profile; ISO 18013-5 §9.1.2.4 leaves it out where the device signs nothing of its own",
	"deviceKeyInfo: member nameSpaces":                    "GOV.UK's profile: whole namespaces, each once; ISO 18013-5 §9.1.2.4 has single elements, too",
	"status list uri: not a plain absolute URL":           "ours is judged when the list is fetched (pkg/statustoken), not when the document is opened",
	"elementIdentifier is not a name":                     "the wallet's own thoroughness: no text is text, and nobody can ask for it",
	"namespaces of items, digests and key authorisations": "the wallet's own thoroughness; ISO 18013-5 §9.1.2.4 lets them differ",
}

// odditiesOfMDoc are documents that the wallet reads and we refuse. Their digests and signatures are right.
var odditiesOfMDoc = map[string]string{
	"salt":  "more than 64 bytes of it: a bound",
	"value": "of no kind that a document states, or in another spelling (ISO 18013-5 §7.2.1); the wallet judges values later, by the metadata",
}

// TestMDoc holds that an IssuerSigned whose digests and signature we find right is read by the simulated wallet's decoder,
// which shares no code with ours, and says the same to it.
func TestMDoc(t *testing.T) {
	m := newMaker(t)
	met, refused, accepted := seen{}, seen{}, 0
	rounds(t, func(_ int, in inputs) {
		stage := in.IntN(stages)
		tree := m.issuerSigned(in, stage)
		if stage == stageOutside {
			in.spoil(tree)
		}
		raw := tree.write()
		if stage == stageBytes {
			raw = in.bend(raw)
		}
		ours, err := ourIssuerSigned(raw)
		held, theirErr := wallet.ParseIssuerSigned(base64.RawURLEncoding.EncodeToString(raw))
		switch {
		case err == nil && theirErr != nil:
			refused[kindOf(theirErr, demandsOfTheWallet)]++
		case err == nil:
			accepted++
			if mine, others := ofOurs(ours), ofTheWallet(held); mine != others {
				t.Errorf("%x:\nwe read %s\nthe wallet reads %s", raw, mine, others)
			}
		case theirErr == nil:
			met[oddMDoc(held, err)]++
		}
	})
	if accepted < 100 {
		t.Errorf("only %d inputs were accepted: nothing was compared", accepted)
	}
	t.Logf("accepted by both: %d", accepted)
	met.listed(t, odditiesOfMDoc)
	refused.listed(t, demandsOfTheWallet)
}

func ourIssuerSigned(raw []byte) (*mdoc.IssuerSigned, error) {
	s, err := mdoc.Open(raw)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(s.VerifySignature(), s.VerifyDigests())
}

// kindOf is the line of list, a regular expression, that an error is of, or the whole error when it is of none.
func kindOf(err error, list map[string]string) string {
	for _, kind := range slices.Sorted(maps.Keys(list)) {
		if regexp.MustCompile(kind).MatchString(err.Error()) {
			return kind
		}
	}
	return err.Error()
}

// oddMDoc says what is odd about a document that the wallet read and we refused.
func oddMDoc(held *wallet.Held, err error) string {
	if strings.Contains(err.Error(), ": random of ") {
		return "salt"
	}
	for _, e := range held.Elements {
		if !stated(e.Value) {
			return "value"
		}
	}
	return err.Error()
}

// stated holds for what a document may state (credential.Element), as the wallet decodes it.
func stated(v any) bool {
	switch v := v.(type) {
	case string, bool, int64, []byte:
		return true
	case wallet.Tag:
		s, ok := v.Content.(string)
		layout := map[uint64]string{0: "2006-01-02T15:04:05Z", 1004: time.DateOnly}[v.Number]
		at, err := time.Parse(layout, s)
		return ok && layout != "" && err == nil && at.Format(layout) == s
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !stated(item) })
	case wallet.Map:
		return !slices.ContainsFunc(v, func(e wallet.Entry) bool {
			_, named := e.Key.(string)
			return !named || !stated(e.Value)
		})
	}
	return false
}

// ofOurs writes what a document says to us.
func ofOurs(s *mdoc.IssuerSigned) string {
	elements := map[string]any{}
	for _, e := range s.Elements() {
		elements[e.Namespace+" "+e.Name] = e.Value
	}
	status := "none"
	if s.MSO.Status != nil {
		status = fmt.Sprint(s.MSO.Status.URI, " ", s.MSO.Status.Index)
	}
	return said(s.MSO.DocType, elements, s.MSO.Validity.Until, s.MSO.Validity.ExpectedUpdate, status)
}

func ofTheWallet(h *wallet.Held) string {
	elements := map[string]any{}
	for _, e := range h.Elements {
		elements[e.Namespace+" "+e.Name] = e.Value
	}
	return said(h.DocType, elements, h.ValidUntil, h.ExpectedUpdate, fmt.Sprint(h.Status.URI, " ", h.Status.Index))
}

func said(docType string, elements map[string]any, until, update time.Time, status string) string {
	out := fmt.Sprintf("%q until %s update %s status %s", docType, until.UTC(), update.UTC(), status)
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		out += fmt.Sprintf("\n %q=%s", name, shape(asCBOR(elements[name])))
	}
	return out
}

// asCBOR turns an element's value, by whoever read it, into what the wire says. Two spellings of an instant are one.
func asCBOR(v any) any {
	switch v := v.(type) {
	case credential.Date:
		return wallet.Tag{Number: 1004, Content: v.String()}
	case time.Time:
		return wallet.Tag{Number: 0, Content: v.Format(time.RFC3339Nano)}
	case wallet.Tag:
		if s, ok := v.Content.(string); ok && v.Number == 0 {
			if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
				return asCBOR(at.UTC())
			}
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = asCBOR(v[i])
		}
		return out
	case map[string]any:
		out := wallet.Map{}
		for name, member := range v {
			out = append(out, wallet.Entry{Key: name, Value: asCBOR(member)})
		}
		return out
	case wallet.Map:
		out := slices.Clone(v)
		for i := range out {
			out[i].Value = asCBOR(out[i].Value)
		}
		return out
	}
	return v
}
