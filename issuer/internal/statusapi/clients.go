package statusapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/jose"
)

// Client is one that may ask for slots: an issuer that is registered with us. Its keys are in the file that registers it,
// or at an address in that file; no message says where they are.
type Client struct {
	ID      string
	keys    jose.Set // empty when they are at address
	address string
}

const (
	maxClients    = 1024
	maxClientID   = 128
	maxClientFile = 4 << 20
)

// ParseClients reads a register of clients: {"clients": [{"clientId", "jwks" or "jwksUri"}]}, and nothing else.
func ParseClients(file []byte) ([]Client, error) {
	if len(file) > maxClientFile {
		return nil, errors.New("read status clients: longer than 4 MiB")
	}
	var register struct {
		Clients []struct {
			ID   string          `json:"clientId"`
			JWKS json.RawMessage `json:"jwks"`
			URI  string          `json:"jwksUri"`
		} `json:"clients"`
	}
	object, err := jose.ParseClaims(file)
	if err == nil {
		err = object.DecodeOnly(&register)
	}
	if err != nil {
		return nil, fmt.Errorf("read status clients: %w", err)
	}
	if len(register.Clients) == 0 || len(register.Clients) > maxClients {
		return nil, fmt.Errorf("read status clients: not 1 to %d clients", maxClients)
	}
	seen := map[string]bool{}
	var clients []Client
	for i, entry := range register.Clients {
		c, err := newClient(entry.ID, entry.JWKS, entry.URI)
		if err == nil && seen[c.ID] {
			err = errors.New("its clientId stands twice")
		}
		if err != nil {
			return nil, fmt.Errorf("read status clients: client %d: %w", i+1, err)
		}
		seen[c.ID] = true
		clients = append(clients, c)
	}
	return clients, nil
}

func newClient(id string, jwks json.RawMessage, address string) (Client, error) {
	if id == "" || len(id) > maxClientID {
		return Client{}, errors.New("no clientId, or a long one")
	}
	if (len(jwks) == 0) == (address == "") {
		return Client{}, errors.New("needs one of jwks and jwksUri")
	}
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
			return Client{}, errors.New("jwksUri is not an absolute http or https URL")
		}
		return Client{ID: id, address: address}, nil
	}
	set, err := jose.ParseSet(jwks)
	if err != nil {
		return Client{}, err
	}
	if set.Len() == 0 {
		return Client{}, errors.New("jwks holds no key that we can use")
	}
	return Client{ID: id, keys: set}, nil
}

// registered is a client as the contract deals with it.
type registered struct {
	keys  jose.KeySource
	speed speed
}

func register(clients []Client, source *fetch.Client, now func() time.Time) map[string]*registered {
	out := map[string]*registered{}
	for _, c := range clients {
		r := &registered{keys: c.keys}
		if c.address != "" {
			r.keys = fetch.NewKeySet(source, c.address, fetch.KeySetOptions{Now: now})
		}
		out[c.ID] = r
	}
	return out
}

// perSecond is how many requests of one client are answered: several times what all of GOV.UK Wallet's issuers make.
const perSecond = 100

// speed counts the requests of one second.
type speed struct {
	mu     sync.Mutex
	second int64
	n      int
}

// within says whether one more request is not too many.
func (s *speed) within(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if second := now.Unix(); second != s.second {
		s.second, s.n = second, 0
	}
	s.n++
	return s.n <= perSecond
}
