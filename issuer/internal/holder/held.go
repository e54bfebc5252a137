package holder

import (
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/document"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
)

// held is one document that was issued to the person's wallet: all its copies, for each refresh makes another.
type held struct {
	Doc    *document.Document
	Record issuance.Record
	Newest issuance.Credential
	Copies []issuance.Credential
}

func (h held) key() string { return h.Doc.Type + "\x00" + h.Record.Item }

// status is how a document stands, as far as its holder is told.
type status string

const (
	statusActive   status = "active"
	statusEnded    status = "ended"
	statusExpired  status = "expired"
	statusDeclined status = "declined"
)

// status of the newest copy. A document that expired on the day it was ended has expired: that says less.
func (h held) status(now time.Time) status {
	switch c := h.Newest; {
	case !now.Before(c.Until):
		return statusExpired
	case !c.Revoked.IsZero():
		return statusEnded
	case c.Wallet == oid4vci.EventDeleted || c.Wallet == oid4vci.EventFailure:
		return statusDeclined
	}
	return statusActive
}

// standing are the copies that have not been ended.
func (h held) standing(now time.Time) []issuance.Credential {
	return slices.DeleteFunc(slices.Clone(h.Copies), func(c issuance.Credential) bool { return !c.Revoked.IsZero() || !now.Before(c.Until) })
}

// held returns what was issued to the wallet, in the order of the catalogue and then of first issue. It is found by the
// wallet: what rests on another record than the one matched today is the holder's all the same.
func (d *Door) held(ctx context.Context, v *visit) ([]held, error) {
	issued, err := d.Register.CredentialsOfSubject(ctx, v.Wallet)
	if err != nil {
		return nil, err
	}
	var out []held
	for _, doc := range d.Documents {
		for _, c := range issued { // oldest first
			if c.DocumentType != doc.Type {
				continue
			}
			i := slices.IndexFunc(out, func(h held) bool { return h.Doc == doc && h.Record == c.Record })
			if i < 0 {
				out = append(out, held{Doc: doc, Record: c.Record})
				i = len(out) - 1
			}
			out[i].Newest = c
			out[i].Copies = append(out[i].Copies, c)
		}
	}
	return out, nil
}

// remove ends every copy that stands. It may be repeated.
func (d *Door) remove(ctx context.Context, h held) error {
	for _, c := range h.standing(d.Now()) {
		if _, err := d.Endings.Revoke(ctx, issuance.RevokeRequest{ID: c.ID, Reason: issuance.ReasonHolderRequest, Actor: actor}); err != nil {
			return err
		}
	}
	return nil
}
