package holder

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/google/uuid"

	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
)

// visit is what a session remembers of one person between requests: who, and what is in hand. It holds no fact of a
// record, and is sealed in the store.
type visit struct {
	Account string // sub at GOV.UK One Login
	Wallet  string // wallet_subject_id
	Name    string // as verified, to greet them by
	Person  string // the record they were matched to; empty: they were not
	Tries   int    // matches tried
	Seed    []byte // makes the names that stand in addresses
	Offers  map[string]ready
	Queue   []string // names of the documents chosen and not yet added
	Letter  letterForm
	Touched time.Time // when it was last kept
}

// ready is an offer of one document.
type ready struct {
	Round         int // how many offers of this document came before it
	ID            string
	Configuration string
	Type          string // of the document
	Item          string
	Link          string
	Created       time.Time
	Expires       time.Time
	Held          string // id of the newest document of its kind when it was made
}

// handle returns the name by which the address of a page speaks of something: it means nothing outside this visit.
func (v *visit) handle(kind, what string) string {
	return base64.RawURLEncoding.EncodeToString(v.derive(kind, what)[:16])
}

func (v *visit) derive(kind, what string) []byte {
	mac := hmac.New(sha256.New, v.Seed)
	mac.Write([]byte(kind + "\x00" + what))
	return mac.Sum(nil)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// offerID depends on the visit, the document and the round alone: a form sent twice, at the same moment or not, makes the
// same offer.
func (v *visit) offerID(o option, round int) string {
	id, _ := uuid.FromBytes(v.derive("offer", o.key()+"\x00"+strconv.Itoa(round))[:16]) // 16 bytes are never refused
	return id.String()
}

// stage is how far an offer has come.
type stage string

const (
	stageOpen      stage = "open"
	stageExpired   stage = "expired"
	stageCollected stage = "collected" // by the wallet, which has not yet said what it did
	stageAdded     stage = "added"
	stageProblem   stage = "problem"
	stageDeclined  stage = "declined"
)

// stage asks the ledger what became of an offer.
func (d *Door) stage(ctx context.Context, v *visit, r ready) (stage, error) {
	opening, err := d.Ledger.Open(ctx, issuance.Grant{Subject: v.Wallet, OfferID: r.ID, Configuration: r.Configuration})
	if err != nil {
		return "", err
	}
	h := opening.Holding
	if h != nil && h.ID != r.Held && !h.Issued.Before(r.Created) && h.Record == (issuance.Record{Person: v.Person, Item: r.Item}) {
		return stageOf(h.Wallet), nil
	}
	switch {
	case opening.Offer != nil && opening.Offer.Redeemed:
		return stageCollected, nil
	case !d.Now().Before(r.Expires):
		return stageExpired, nil
	}
	return stageOpen, nil
}

func stageOf(event string) stage {
	switch event {
	case oid4vci.EventAccepted:
		return stageAdded
	case oid4vci.EventFailure:
		return stageProblem
	case oid4vci.EventDeleted: // GOV.UK: notification page: the user declined it
		return stageDeclined
	}
	return stageCollected
}
