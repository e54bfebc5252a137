package vcjwt

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/jose"
)

// payload is the data model and the registered claims, in the order they are written.
type payload struct {
	Iss               string          `json:"iss"`
	Sub               string          `json:"sub"`
	NotBefore         int64           `json:"nbf"` // numbers, though an example of GOV.UK's shows text
	IssuedAt          int64           `json:"iat"`
	Expires           int64           `json:"exp"`
	Context           []string        `json:"@context"`
	Type              []string        `json:"type"`
	Issuer            string          `json:"issuer"`
	Name              string          `json:"name"`
	Description       string          `json:"description"`
	ValidFrom         string          `json:"validFrom"`
	ValidUntil        string          `json:"validUntil"`
	ExpectedUpdate    string          `json:"expectedUpdate,omitempty"`
	CredentialSubject json.RawMessage `json:"credentialSubject"`
	Status            *statusClaim    `json:"status,omitempty"`
	CredentialStatus  *bitstringEntry `json:"credentialStatus,omitempty"`
}

// statusClaim is draft-ietf-oauth-status-list §6.2.
type statusClaim struct {
	StatusList listEntry `json:"status_list"`
}

type listEntry struct {
	Index int    `json:"idx"`
	URI   string `json:"uri"`
}

// bitstringEntry is W3C Bitstring Status List §2.1, with the members GOV.UK's status list service fixes.
type bitstringEntry struct {
	Type       string `json:"type"`
	Purpose    string `json:"statusPurpose"`
	Index      string `json:"statusListIndex"`
	Credential string `json:"statusListCredential"`
	Size       int    `json:"statusSize"`
	// Messages names every value an entry can have: required with more than one bit.
	Messages json.RawMessage `json:"statusMessage"`
}

const (
	bitstringType    = "BitstringStatusListEntry"
	bitstringPurpose = "message"
	bitstringSize    = 2 // bits: 00 valid, 01 invalid
	bitstringValues  = `[{"status":"0x0","message":"valid"},{"status":"0x1","message":"invalid"},` +
		`{"status":"0x2","message":"unused"},{"status":"0x3","message":"unused"}]`
)

// instant is the one form of a time in the data model: GOV.UK's pattern for dates is looser than it looks.
const instant = "2006-01-02T15:04:05Z"

func formatInstant(t time.Time) string { return t.UTC().Format(instant) }

func parseInstant(s string) (time.Time, error) {
	t, err := time.Parse(instant, s)
	if err != nil || t.Format(instant) != s {
		return time.Time{}, errors.New("a time is not of the form YYYY-MM-DDTHH:MM:SSZ")
	}
	return t, nil
}

func statusMembers(ref credential.StatusRef) (*statusClaim, *bitstringEntry) {
	token := &statusClaim{StatusList: listEntry{Index: ref.Index, URI: ref.URI}}
	if ref.Bitstring == "" {
		return token, nil
	}
	return token, newBitstringEntry(ref)
}

func newBitstringEntry(ref credential.StatusRef) *bitstringEntry {
	return &bitstringEntry{
		Type: bitstringType, Purpose: bitstringPurpose, Index: strconv.Itoa(ref.Index), Credential: ref.Bitstring,
		Size: bitstringSize, Messages: json.RawMessage(bitstringValues),
	}
}

// readPayload decodes claims, refusing any member that payload does not name.
func readPayload(c jose.Claims) (payload, error) {
	required := []string{"iss", "sub", "nbf", "iat", "exp", "@context", "type", "issuer", "name", "description", "validFrom", "validUntil", subjectMember}
	if !hasExactly(c, required, "expectedUpdate", "status", "credentialStatus") {
		return payload{}, errors.New("members are missing or null, or there are others than expected")
	}
	if err := checkStatusMembers(c); err != nil {
		return payload{}, err
	}
	var p payload
	if err := c.Decode(&p); err != nil {
		return payload{}, err
	}
	return p, nil
}

func checkStatusMembers(c jose.Claims) error {
	unexpected := errors.New("members of a status are not those expected")
	if c.Has("status") {
		status, err := c.Object("status")
		if err != nil || !hasExactly(status, []string{"status_list"}) {
			return unexpected
		}
		list, err := status.Object("status_list")
		if err != nil || !hasExactly(list, []string{"idx", "uri"}) {
			return unexpected
		}
	}
	if c.Has("credentialStatus") {
		entry, err := c.Object("credentialStatus")
		if err != nil || !hasExactly(entry, []string{"type", "statusPurpose", "statusListIndex", "statusListCredential", "statusSize", "statusMessage"}) {
			return unexpected
		}
	}
	return nil
}

// hasExactly says whether c has every required member, none but those and the optional ones, and none that is null: encoding/json
// leaves what a null stands for as it is, and so would make "idx": null the first entry of a list.
func hasExactly(c jose.Claims, required []string, optional ...string) bool {
	for _, name := range required {
		if !c.Has(name) {
			return false
		}
	}
	return !slices.ContainsFunc(c.Names(), func(name string) bool {
		v, _ := c.Value(name)
		return v == nil || !slices.Contains(required, name) && !slices.Contains(optional, name)
	})
}
