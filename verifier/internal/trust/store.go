package trust

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/verification"
)

// reread is how often the source is looked at again: a root that is taken back is taken back within this time.
const reread = 5 * time.Second

// Getter is what the store needs of a fetch.Client.
type Getter interface {
	Get(ctx context.Context, address, accept string) (*fetch.Response, error)
}

// Source is where a trust file comes from.
type Source struct {
	Read func() ([]byte, error)
	Key  *ecdsa.PublicKey // that must have signed it; nil: it is plain JSON
}

// Options are all required, but for Log of a source that never changes.
type Options struct {
	Client Getter
	Now    func() time.Time
	Log    *slog.Logger
}

// Store is a verification.TrustStore over a trust file, which it reads again while it serves. Safe for concurrent use.
type Store struct {
	source  Source
	options Options

	mu      sync.Mutex
	looked  time.Time
	content []byte // as last seen, good or bad
	file    *File  // the newest good one
	issuers map[Issuer]*didKeys
	crls    map[string]*crlSource // by root and URL
}

// Open returns the store of a source. A source that cannot be read, or is out of date, is an error.
func Open(source Source, o Options) (*Store, error) {
	content, err := source.Read()
	if err != nil {
		return nil, err
	}
	file, err := Read(content, source.Key)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{source: source, options: o, looked: o.Now(), content: content, issuers: map[Issuer]*didKeys{}}
	s.take(file)
	if s.stale() {
		return nil, verification.ErrTrustStale
	}
	return s, nil
}

// take replaces the file. What was fetched of an issuer that stays is kept.
func (s *Store) take(file *File) {
	issuers := map[Issuer]*didKeys{}
	for _, issuer := range file.Issuers {
		if issuers[issuer] = s.issuers[issuer]; issuers[issuer] == nil {
			issuers[issuer] = newDIDKeys(issuer, s.options.Client, s.options.Now)
		}
	}
	crls := map[string]*crlSource{}
	for _, a := range file.IACAs {
		if a.CRLURL == "" {
			continue
		}
		if crls[a.source()] = s.crls[a.source()]; crls[a.source()] == nil {
			crls[a.source()] = &crlSource{url: a.CRLURL, root: a.certificate, client: s.options.Client, now: s.options.Now, log: s.options.Log}
		}
	}
	s.file, s.issuers, s.crls = file, issuers, crls
}

// source names where a root's revocation list is fetched.
func (a IACA) source() string { return string(a.certificate.Raw) + a.CRLURL }

func (s *Store) stale() bool {
	return s.file.NextUpdate != nil && !s.options.Now().Before(*s.file.NextUpdate)
}

// current returns the newest good file, having looked at the source when it is time to; the caller holds the mutex. A
// source that has become bad, or older, changes nothing, and is told to the log.
func (s *Store) current() (*File, error) {
	if since := s.options.Now().Sub(s.looked); since < 0 || since >= reread {
		s.looked = s.options.Now()
		if err := s.reload(); err != nil {
			s.options.Log.Error("the trust file is not taken", "error", err)
		}
	}
	if s.stale() {
		return nil, verification.ErrTrustStale
	}
	return s.file, nil
}

func (s *Store) reload() error {
	content, err := s.source.Read()
	if err != nil || bytes.Equal(content, s.content) {
		return err
	}
	s.content = content
	file, err := Read(content, s.source.Key)
	if err != nil {
		return err
	}
	// An old file that was signed once must not bring back whom a newer one took back.
	if s.source.Key != nil && file.Version <= s.file.Version {
		return errors.New("its version is not higher than the one in use")
	}
	s.take(file)
	return nil
}

// Roots returns the authorities trusted for docType.
func (s *Store) Roots(docType string) ([]verification.Root, error) {
	file, crls, err := s.sources()
	if err != nil {
		return nil, err
	}
	var roots []verification.Root
	for _, a := range file.IACAs {
		if slices.Contains(a.Documents, docType) {
			revoked := revokes(file, a.certificate)
			crl := a.crl
			if source := crls[a.source()]; source != nil {
				crl = source.current() // without the mutex: others need not wait for it
			}
			roots = append(roots, verification.Root{Certificate: a.certificate, CRL: crl, Revoked: revoked})
			for _, link := range s.standing(a) {
				roots = append(roots, verification.Root{Certificate: link, Revoked: revoked || revokes(file, link)})
			}
		}
	}
	return roots, nil
}

func (s *Store) sources() (*File, map[string]*crlSource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.current()
	return file, s.crls, err
}

// standing returns the links of a root that is valid now; the links' own validity is looked at with the path.
func (s *Store) standing(a IACA) []*x509.Certificate {
	now := s.options.Now()
	if now.Before(a.certificate.NotBefore) || !now.Before(a.certificate.NotAfter) {
		return nil
	}
	return a.links
}

// Revoked says whether the file takes c back. When there is no file to go by, it does.
func (s *Store) Revoked(c *x509.Certificate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.current()
	return err != nil || revokes(file, c)
}

func revokes(f *File, c *x509.Certificate) bool {
	digest := sha256.Sum256(c.Raw)
	return slices.Contains(f.Revoked, hex.EncodeToString(digest[:]))
}

// IssuerKey returns a key of the DID document of a trusted issuer.
func (s *Store) IssuerKey(ctx context.Context, issuer, keyID string) (*ecdsa.PublicKey, error) {
	keys, err := s.keysOf(issuer)
	if err != nil {
		return nil, err
	}
	return keys.key(ctx, keyID)
}

func (s *Store) keysOf(issuer string) (*didKeys, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.current()
	if err != nil {
		return nil, err
	}
	for _, known := range file.Issuers {
		if known.Issuer == issuer {
			return s.issuers[known], nil
		}
	}
	return nil, verification.ErrIssuerUntrusted
}

// StatusLists returns the issuers of status lists; none when the file is out of date.
func (s *Store) StatusLists() []StatusList {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.current()
	if err != nil {
		return nil
	}
	return file.StatusLists
}

// Letters returns the issuers of letters; none when the file is out of date.
func (s *Store) Letters() []Letters {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := s.current()
	if err != nil {
		return nil
	}
	return file.Letters
}
