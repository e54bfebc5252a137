// Package statusapi is a status list service of our own: it gives out places in status lists, ends them, and publishes
// each list signed, as an IETF Token Status List (/t/{id}) and as a W3C Bitstring Status List (/b/{id}).
//
// It holds to these:
//   - A place is given once, and neither its list nor its index tells when it was given.
//   - A list is signed, read back and compared with the store before it takes the place of the one that is served. When
//     any of that fails, the old one stays as it is.
//   - A publication never shows fewer revocations than the one before it, and is never served after it expires.
//   - One process at a time publishes a list; one that was put off and does not know it cannot replace what came after.
package statusapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/statuslist"
)

// Config says which lists there are and how long they live.
type Config struct {
	BaseURL string        // where the lists are served, without a slash at the end; also the tokens' iss
	DID     string        // did:web of the issuer of the bitstring credentials
	Lists   int           // how many; it may grow, never shrink while a credential in a list lives
	Size    int           // entries of a list made from now on, 131,072 to 1,048,576
	TTL     time.Duration // how long a reader may rely on a copy
	Life    time.Duration // exp - iat of a publication, at least TTL; it is renewed when half of it is over
	Lease   time.Duration // how long one publisher keeps the others from a list; it takes it again at each tick
	Closed  int           // how many of them, from the first, get no new places; a closed list is retired when its documents have expired
	Decoys  bool          // whether places of nobody end, too
	Secret  []byte        // 32 bytes: names the lists and orders their places; never changed while a list lives
}

// Keys gives the key that signs for a purpose now.
type Keys interface {
	Active(keys.Purpose) (keys.Key, error)
}

// Deps is what the service works with.
type Deps struct {
	Slots        statuslist.Slots
	Publications statuslist.Publications
	Keys         Keys
	Now          func() time.Time
	Rand         io.Reader
	Log          *slog.Logger
}

// Service implements issuance.Status. Safe for concurrent use.
type Service struct {
	config Config
	deps   Deps

	ids    []string        // by ordinal
	open   []string        // of ids: those that get new places
	known  map[string]bool // of ids
	closed map[string]bool // of ids
	holder string          // this process among publishers

	preparing sync.Mutex
	lists     map[string]list // what the store said of each list, once it did

	mu      sync.Mutex                      // held for what follows
	latest  map[string]statuslist.Published // the newest seen: served while the store is away
	retired map[string]bool
	decoys  map[string]decoyed
	room    map[string]int // places left in each open list
	warned  time.Time      // that they run out
}

// list is what must not change under a list.
type list struct {
	epoch string
	order *statuslist.Permutation
}

// New checks c. It does not need the store, so that a service can start before its store does.
func New(c Config, d Deps) (*Service, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("make status list service: %w", err)
	}
	holder := make([]byte, 16)
	if _, err := io.ReadFull(d.Rand, holder); err != nil {
		return nil, fmt.Errorf("make status list service: %w", err)
	}
	s := &Service{
		config: c, deps: d, ids: c.ids(), known: map[string]bool{}, closed: map[string]bool{}, holder: hex.EncodeToString(holder),
		latest: map[string]statuslist.Published{}, retired: map[string]bool{}, decoys: map[string]decoyed{}, room: map[string]int{},
	}
	s.open = s.ids[c.Closed:]
	for i, id := range s.ids {
		s.known[id], s.closed[id] = true, i < c.Closed
	}
	return s, nil
}

// ids are the names of the lists, by ordinal.
func (c Config) ids() []string {
	ids := make([]string, c.Lists)
	for ordinal := range ids {
		ids[ordinal] = hex.EncodeToString(c.derive("id", binary.BigEndian.AppendUint64(nil, uint64(ordinal)))[:16])
	}
	return ids
}

// URIs returns where the status list tokens of c are served, for those who are to fetch them all. They are told by whoever
// runs the service, and by nothing that it serves: a stranger cannot count the lists.
func URIs(c Config) []string {
	uris := c.ids()
	for i, id := range uris {
		uris[i] = c.BaseURL + "/t/" + id
	}
	return uris
}

// W3C Bitstring Status List v1.0 §3.3: fewer entries do not hide one holder among many.
const minSize = 131072

func (c Config) check() error {
	base, err := url.Parse(c.BaseURL)
	var wrong []error
	must := func(ok bool, what string) {
		if !ok {
			wrong = append(wrong, errors.New(what))
		}
	}
	must(err == nil && (base.Scheme == "https" || base.Scheme == "http") && base.Host != "" && base.User == nil &&
		!strings.ContainsAny(c.BaseURL, "?#") && !strings.HasSuffix(c.BaseURL, "/"), "base URL is not an http URL without query, fragment or final slash")
	must(strings.HasPrefix(c.DID, "did:"), "DID does not begin with did:")
	must(c.Lists >= 1, "there must be a list")
	must(c.Closed >= 0 && c.Closed < max(c.Lists, 1), "there must be a list that is open")
	must(c.Size >= minSize && c.Size <= statuslist.MaxEntries, fmt.Sprintf("list size is not %d to %d", minSize, statuslist.MaxEntries))
	must(c.TTL >= time.Second, "time to live is under a second")
	must(c.Life >= c.TTL, "life is shorter than time to live")
	must(c.Lease > 0, "lease has no length")
	must(len(c.Secret) == sha256.Size, "secret is not 32 bytes")
	return errors.Join(wrong...)
}

// derive makes a pseudo-random value of the secret for one use.
func (c Config) derive(use string, value []byte) []byte {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte("status list " + use + "\x00"))
	mac.Write(value)
	return mac.Sum(nil)
}

// prepare makes the lists that are missing and learns, once, what the store holds: a list keeps the size it was made
// with, and so its order, whatever Config says later.
func (s *Service) prepare(ctx context.Context) (map[string]list, error) {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.lists != nil {
		return s.lists, nil
	}
	if err := s.deps.Slots.EnsureLists(ctx, s.ids, s.config.Size); err != nil {
		return nil, fmt.Errorf("make status lists: %w", err)
	}
	lists := map[string]list{}
	for _, id := range s.ids {
		held, err := s.deps.Slots.Head(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read status list: %w", err)
		}
		order, err := statuslist.NewPermutation(s.config.Secret, id, held.Size)
		if err != nil {
			return nil, err
		}
		lists[id] = list{epoch: held.Epoch, order: order}
	}
	s.lists = lists
	return lists, nil
}

func (s *Service) tokenURI(id string) string     { return s.config.BaseURL + "/t/" + id }
func (s *Service) bitstringURI(id string) string { return s.config.BaseURL + "/b/" + id }
