package trust

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	crlFresh = 5 * time.Minute // how long a fetched list is believed without asking again: a signer is taken back within this time
	crlMedia = "application/pkix-crl"
)

// crlSource is the revocation list of one root, fetched from where the trust file says that it is, and from nowhere that a
// certificate names.
type crlSource struct {
	url    string
	root   *x509.Certificate
	client Getter
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex // held while the list is fetched, together for everyone who wants it at this moment
	list  *x509.RevocationList
	got   time.Time // when list was asked for
	asked time.Time // when anything was last asked for
}

// none is a list that was never good: whoever goes by it cannot say that a signer stands.
var none = &x509.RevocationList{}

// current returns the newest list there is. One that has ended is for the reader to notice: it says nothing good of anyone.
func (s *crlSource) current() *x509.RevocationList {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.got); s.list != nil && age >= 0 && age < crlFresh {
		return s.list
	}
	if since := now.Sub(s.asked); s.asked.IsZero() || since < 0 || since >= pause {
		s.asked = now
		if err := s.fetch(now); err != nil {
			s.log.Error("the revocation list is not taken", "url", s.url, "error", err)
		}
	}
	if s.list == nil {
		return none
	}
	return s.list
}

func (s *crlSource) fetch(now time.Time) error {
	response, err := s.client.Get(context.Background(), s.url, crlMedia) // the client's time-out bounds it
	if err != nil {
		return err
	}
	list, err := readCRL(response.Body, s.root)
	if err != nil {
		return err
	}
	switch {
	case list.Number == nil || s.list != nil && list.Number.Cmp(s.list.Number) < 0:
		return errors.New("it has no number, or a lower one than the list before")
	case now.Before(list.ThisUpdate.Add(-time.Minute)):
		return errors.New("it is of the future")
	}
	s.list, s.got = list, now
	return nil
}

// readCRL reads a list that root has signed, and in which nothing is beyond us (RFC 5280 §5.2: a list with a critical
// extension that is not understood is not used).
func readCRL(der []byte, root *x509.Certificate) (*x509.RevocationList, error) {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("crl: %w", err)
	}
	if len(list.Raw) != len(der) { // the library reads over what follows
		return nil, errors.New("crl is followed by something")
	}
	if err := list.CheckSignatureFrom(root); err != nil || string(list.RawIssuer) != string(root.RawSubject) {
		return nil, errors.New("crl is not signed by the root")
	}
	critical := func(e pkix.Extension) bool { return e.Critical }
	beyond := slices.ContainsFunc(list.Extensions, critical) || slices.ContainsFunc(list.RevokedCertificateEntries, func(r x509.RevocationListEntry) bool {
		return slices.ContainsFunc(r.Extensions, critical)
	})
	if beyond {
		return nil, errors.New("crl has a critical extension")
	}
	return list, nil
}
