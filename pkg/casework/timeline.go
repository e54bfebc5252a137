package casework

import (
	"cmp"
	"context"
	"slices"
	"time"

	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/oid4vci"
)

// Happening is one thing in the life of a document. Who checked a document is nowhere.
type Happening struct {
	Kind         HappeningKind
	Document     string // id
	DocumentType string
	At           time.Time // zero: the wallet told us, and not when
	Reason       issuance.Reason
}

// HappeningKind says what happened.
type HappeningKind string

const (
	HappenedIssued    HappeningKind = "ISSUED"
	HappenedAccepted  HappeningKind = "ACCEPTED"
	HappenedDeclined  HappeningKind = "DECLINED"
	HappenedProblem   HappeningKind = "PROBLEM" // the wallet could not keep it
	HappenedEnded     HappeningKind = "ENDED"
	HappenedPublished HappeningKind = "PUBLISHED" // the list everybody reads says that it has ended
	HappenedExpired   HappeningKind = "EXPIRED"
)

var walletHappenings = map[string]HappeningKind{
	oid4vci.EventAccepted: HappenedAccepted, oid4vci.EventDeleted: HappenedDeclined, oid4vci.EventFailure: HappenedProblem,
}

// Timeline tells the life of a person's documents, the latest first. Whether an end is published is read now: a list that
// cannot be read says nothing.
func (s *Service) Timeline(ctx context.Context, v View) []Happening {
	now := s.Now()
	var out []Happening
	for _, c := range v.Documents {
		life := []Happening{{Kind: HappenedIssued, At: c.Issued}}
		if kind, ok := walletHappenings[c.Wallet]; ok {
			life = append(life, Happening{Kind: kind})
		}
		switch {
		case !c.Revoked.IsZero():
			life = append(life, Happening{Kind: HappenedEnded, At: c.Revoked, Reason: issuance.Reason(c.Reason)})
			if seen, err := s.Published.Ended(ctx, c.Status); err == nil && seen {
				life = append(life, Happening{Kind: HappenedPublished})
			}
		case !now.Before(c.Until):
			life = append(life, Happening{Kind: HappenedExpired, At: c.Until})
		}
		for i := range life {
			life[i].Document, life[i].DocumentType = c.ID, c.DocumentType
		}
		out = append(out, life...)
	}
	return latestFirst(out)
}

// latestFirst puts what has no time of its own after what it followed.
func latestFirst(life []Happening) []Happening {
	type dated struct {
		Happening
		at    time.Time
		order int
	}
	var all []dated
	for i, h := range life {
		at := h.At
		if at.IsZero() {
			at = all[i-1].at // each document's life begins with a time
		}
		all = append(all, dated{h, at, i})
	}
	slices.SortFunc(all, func(a, b dated) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(b.order, a.order)) })
	out := make([]Happening, len(all))
	for i, d := range all {
		out[i] = d.Happening
	}
	return out
}
