//go:build interop

package differential_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/format/mdoc"
)

// demandsOfOWF are DeviceResponses that we read and @owf/mdoc refuses, by what it says of them.
var demandsOfOWF = map[string]string{
	"Error decoding Sign1":            "it takes every tag 18 for a COSE_Sign1, also in a value of the device's own, which we never read",
	"Error decoding IssuerNamespaces": "it wants nameSpaces, which a holder who shows no element leaves out (ISO 18013-5 §8.3.2.1.2.2)",
}

// odditiesOfResponses are DeviceResponses that @owf/mdoc verifies and we refuse, by what we say of them.
var odditiesOfResponses = map[string]string{
	"shortest form|indefinite length":                            "one number has one head, and a length is definite (RFC 8949 §4.2.1; ISO 18013-5 §8.3.1)",
	"place here|is expected|map key|UTF-8|cbor: |elementValue: ": "a double key, a tag or a value of a type that does not stand there; what no document states",
	"does not belong|is missing|no element|no namespace":         "all members that ISO 18013-5 demands, and none that we would have to understand",
	"random of":                        "ISO 18013-5 §9.1.2.5: 16 bytes at least; and a bound of 64",
	"stands twice":                     "two items of one element, or of one digestID: two readers would each believe another",
	"the device key is not authorised": "ISO 18013-5 §9.1.2.4: the library leaves keyAuthorizations unread",
	"open x5chain":                     "what is no certificate, though the library never looks past the first",
	"want version 1.0":                 "the one version that we know, of the response and of the MSO; no other status; a docType",
	"an index that no list has":        "the library leaves the status unread",
}

// TestDeviceResponse holds that a DeviceResponse that we verify, the device's signature included, @owf/mdoc verifies, too,
// and that it says the same to it.
func TestDeviceResponse(t *testing.T) {
	m := newMaker(t)
	session := transcript()
	owf := newReader(t, "decode-owf.mjs", base64.RawURLEncoding.EncodeToString(session), noon.Add(time.Hour).Format(time.RFC3339))
	met, refused, accepted := seen{}, seen{}, 0
	someRounds(t, 1500, func(_ int, in inputs) {
		raw := m.deviceResponse(in, session)
		if !bytes.Contains(raw, m.certificate) {
			return // within a certificate it is crypto/x509 that reads, beside OpenSSL
		}
		ours, err := ourResponse(raw, session)
		var theirs []string
		theirErr := owf.read(raw, &theirs)
		switch {
		case err == nil && theirErr != nil:
			refused[kindOf(theirErr, demandsOfOWF)]++
		case err == nil:
			accepted++
			if !slices.Equal(ours, theirs) {
				t.Errorf("%x:\nwe read %q\nowf reads %q", raw, ours, theirs)
			}
		case theirErr == nil:
			met[kindOf(err, odditiesOfResponses)]++
		}
	})
	if accepted < 100 {
		t.Errorf("only %d inputs were accepted: nothing was compared", accepted)
	}
	t.Logf("accepted by both: %d", accepted)
	met.listed(t, odditiesOfResponses)
	refused.listed(t, demandsOfOWF)
}

func ourResponse(raw, session []byte) ([]string, error) {
	presented, err := mdoc.OpenDeviceResponse(raw)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range presented {
		if err := inTime(p.IssuerSigned); err != nil {
			return nil, err
		}
		if err := errors.Join(p.IssuerSigned.VerifySignature(), p.IssuerSigned.VerifyDigests(), p.VerifyDevice(session, nil)); err != nil {
			return nil, err
		}
		out = append(out, presentedAs(p))
	}
	return out, nil
}

// inTime holds what the library looks at by itself, and we in pkg/verification.
func inTime(s *mdoc.IssuerSigned) error {
	now, v, signer := noon.Add(time.Hour), s.MSO.Validity, s.Chain[0]
	if v.From.After(now) || v.Until.Before(now) || v.Signed.Before(signer.NotBefore) || v.Signed.After(signer.NotAfter) {
		return errors.New("the document is not valid now, or was not when it was signed")
	}
	return nil
}

// presentedAs writes a document as decode-owf.mjs does.
func presentedAs(p *mdoc.Presented) string {
	var elements []string
	for _, e := range p.IssuerSigned.Elements() {
		elements = append(elements, fmt.Sprintf("%s %s=%s", e.Namespace, e.Name, inWords(e.Value)))
	}
	slices.Sort(elements)
	mso := p.IssuerSigned.MSO
	head := []string{p.DocType, mso.DocType, mso.Validity.Until.Format("2006-01-02T15:04:05.000Z")}
	return strings.Join(append(head, elements...), "\n")
}

func inWords(v any) string {
	switch v := v.(type) {
	case credential.Date:
		return "day " + v.String()
	case time.Time:
		return "time " + v.Format("2006-01-02T15:04:05.000Z")
	case []byte:
		return "h" + hex.EncodeToString(v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = inWords(v[i])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case map[string]any:
		var parts []string
		for name, member := range v {
			parts = append(parts, inWords(name)+":"+inWords(member))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case string:
		text, _ := json.Marshal(v) // a string can always be written
		return string(text)
	case int64:
		return fmt.Sprintf("i%d", v)
	}
	return fmt.Sprint(v)
}
