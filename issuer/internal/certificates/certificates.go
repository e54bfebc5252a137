// Package certificates serves the revocation lists of the issuing authority's roots, where its certificates say that they
// are (ISO 18013-5 Annex B: CRL distribution points).
package certificates

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/keys"
	"justice-wallet/pkg/fault"
)

// media is the type of a revocation list (RFC 2585 §4.2).
const media = "application/pkix-crl"

// Lists makes revocation lists when they are asked for, and keeps each until it says something else.
type Lists struct {
	ring keys.Keyring
	self string // the issuer's URL
	now  func() time.Time

	mu   sync.Mutex // held while a list is signed: one signature serves all who wait
	held map[string]held
}

// held is a list, and what it was made of.
type held struct {
	of   string
	list *x509.RevocationList
}

// New returns the lists of the roots in ring, of the issuer at self.
func New(ring keys.Keyring, self string, now func() time.Time) *Lists {
	return &Lists{ring: ring, self: self, now: now, held: map[string]held{}}
}

// Get answers GET of a distribution point with the list, in DER.
func (l *Lists) Get(c *gin.Context) error {
	list, err := l.list(l.self + c.Request.URL.Path)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "public, max-age=300")
	c.Header("Last-Modified", list.ThisUpdate.UTC().Format(http.TimeFormat))
	c.Data(http.StatusOK, media, list.Raw)
	return nil
}

func (l *Lists) list(point string) (*x509.RevocationList, error) {
	all := l.ring.All()
	for _, k := range all {
		if k.Purpose == keys.PurposeIACA && k.State != keys.StateRevoked && k.Chain[0].CRLDistributionPoints[0] == point {
			return l.of(k, all)
		}
	}
	return nil, fault.New(fault.NotFound, "not_found", "")
}

// of returns the list of root. When its key does not answer, the one before serves for as long as it is good.
func (l *Lists) of(root keys.Key, all []keys.Key) (*x509.RevocationList, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	before, kept := l.held[root.ID]
	of := fmt.Sprint(keys.CRLStart(root, all, now), revoked(all))
	if kept && before.of == of {
		return before.list, nil
	}
	list, err := keys.CRL(root, all, now)
	switch {
	case err == nil:
		l.held[root.ID] = held{of, list}
		return list, nil
	case kept && now.Before(before.list.NextUpdate):
		return before.list, nil
	}
	return nil, fault.Wrap(fault.Unavailable, "crl_unavailable", "", err)
}

// revoked names the revoked keys.
func revoked(all []keys.Key) []string {
	var out []string
	for _, k := range all {
		if k.State == keys.StateRevoked {
			out = append(out, k.ID)
		}
	}
	return out
}
