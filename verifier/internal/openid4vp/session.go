package openid4vp

import (
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"justice-wallet/pkg/jose"
	"justice-wallet/pkg/proximity"
	"justice-wallet/pkg/purpose"
)

const (
	lifetime    = 5 * time.Minute // of a check; an answer is kept no longer, unless a page is to show it
	maxSessions = 10_000          // each under 64 KiB
	maxRequests = 4               // request objects of one check, for as many wallet nonces
	maxAttempts = 5               // answers that cannot be read, before the check ends
	secretSize  = 32              // bytes of every random value: OpenID4VP 1.0 §14.1 wants 16
)

// Kept is how long an answer that a page shows is kept, from the beginning of the check.
const Kept = 15 * time.Minute

// session is one check. Its mutex guards what changes.
type session struct {
	id, requestID, responseID  string
	browser                    [sha256.Size]byte // of the browser's secret
	organisation               string
	query                      purpose.Query
	flow                       Flow
	mode                       string
	nonce, state, responseCode string
	key                        *jose.EncryptionKey // nil when the response is not encrypted
	began, expires             time.Time
	ends                       time.Time // of its answer; not before expires
	back                       string    // Start.Return

	// Of ISO 18013-5's own protocols.
	person         *proximity.Session
	recipient      *ecdh.PrivateKey // of MDocAPI
	encryptionInfo string           // of MDocAPI, unpadded base64url

	mu       sync.Mutex
	objects  map[string]string // request objects by wallet nonce
	attempts int
	phase    phase
	answer   *Answer
}

// phase is how far a check has come.
type phase int

const (
	waiting   phase = iota
	answering       // an answer is being judged: no second one is taken
	answered
)

// take claims the one answer. It is false when the check has one, or is judging one.
func (s *session) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != waiting {
		return false
	}
	s.phase = answering
	return true
}

// giveBack lets another answer be tried after one that cannot be read: a stranger's noise must not end a check at once.
func (s *session) giveBack(failure *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts++
	if s.phase = waiting; s.attempts >= maxAttempts {
		s.phase, s.answer = answered, failure
	}
}

func (s *session) finish(a *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase, s.answer = answered, a
}

// held returns the answer, nil while there is none.
func (s *session) held() *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answer
}

// shown says that there is an answer, or one is being judged, that is told after the check has expired.
func (s *session) shown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends.After(s.expires) && s.phase != waiting
}

// walletNonces are those that request objects were made for.
func (s *session) walletNonces() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.objects)), func(nonce string) bool { return nonce == "" })
}

func (s *session) opens(secret string) bool {
	digest := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(digest[:], s.browser[:]) == 1
}

// sessions finds checks by three ids, each of which says nothing of the others.
type sessions struct {
	now func() time.Time

	mu        sync.Mutex
	byID      map[string]*session
	byRequest map[string]*session
	byAnswer  map[string]*session
	order     []*session // oldest first
	kept      []*session // expired, with an answer that is still shown; oldest first
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byID: map[string]*session{}, byRequest: map[string]*session{}, byAnswer: map[string]*session{}}
}

// add is false when there are too many checks: the oldest are not pushed out, or a stranger could end them.
func (s *sessions) add(n *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if len(s.order)+len(s.kept) >= maxSessions {
		return false
	}
	s.order = append(s.order, n)
	s.byID[n.id], s.byRequest[n.requestID], s.byAnswer[n.responseID] = n, n, n
	return true
}

// find looks in one of the three. It returns nil for a check that has ended as for one that never was.
func (s *sessions) find(in func(*sessions) map[string]*session, id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return in(s)[id]
}

func byID(s *sessions) map[string]*session      { return s.byID }
func byRequest(s *sessions) map[string]*session { return s.byRequest }
func byAnswer(s *sessions) map[string]*session  { return s.byAnswer }

// sweep forgets what has expired. All live equally long, and all that are kept are kept equally long, so the order of
// their beginnings is that of their ends.
func (s *sessions) sweep() {
	now := s.now()
	for len(s.order) > 0 && !now.Before(s.order[0].expires) {
		old := s.order[0]
		delete(s.byRequest, old.requestID)
		delete(s.byAnswer, old.responseID)
		if old.shown() {
			s.kept = append(s.kept, old)
		} else {
			delete(s.byID, old.id)
		}
		s.order[0] = nil
		s.order = s.order[1:]
	}
	for len(s.kept) > 0 && !now.Before(s.kept[0].ends) {
		delete(s.byID, s.kept[0].id)
		s.kept[0] = nil
		s.kept = s.kept[1:]
	}
}

// newSecret returns 32 random bytes in base64url, 43 characters that may stand in any URL.
func newSecret(random io.Reader) (string, error) {
	b := make([]byte, secretSize)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}
