//go:build pkcs11

package pkcs11

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ThalesGroup/crypto11"
	ckr "github.com/miekg/pkcs11"
)

// login is a time in which the token is there and knows us: a pool of sessions, and the keys found in it. Handles of keys
// mean nothing in another.
type login struct {
	context *crypto11.Context
	closed  chan struct{}

	mu    sync.Mutex
	found map[string]crypto11.Signer // by id
}

// connect returns the login there is, or makes one. While another call makes one, it waits: the guard bounds how many do.
func (t *Token) connect(ctx context.Context) (*login, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.login != nil {
		return t.login, nil
	}
	now := t.options.Now()
	if errors.Is(t.failed, ErrRefused) || (t.failed != nil && now.Sub(t.tried) < retryAfter) {
		return nil, t.failed
	}
	t.tried = now
	t.login, t.failed = t.logIn(ctx)
	return t.login, t.failed
}

// logIn opens the library afresh: one that is still open does not look for tokens again.
func (t *Token) logIn(ctx context.Context) (*login, error) {
	if t.closing != nil {
		select {
		case <-t.closing.closed:
		case <-ctx.Done():
			return nil, errors.New("a call to the token has not ended")
		}
	}
	sessions := t.options.Bounds.Parallel + 3 // for lists, for making and finding keys, and the one that stays logged in
	opened, err := crypto11.Configure(&crypto11.Config{
		Path: t.options.Module, TokenLabel: t.options.Token, Pin: t.options.PIN,
		MaxSessions: sessions, PoolWaitTimeout: t.options.Bounds.Deadline,
	})
	if code := ckr.Error(0); errors.As(err, &code) {
		switch code {
		case ckr.CKR_PIN_INCORRECT, ckr.CKR_PIN_LOCKED, ckr.CKR_PIN_EXPIRED, ckr.CKR_PIN_INVALID, ckr.CKR_PIN_LEN_RANGE:
			return nil, fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("log in to token %q: %w", t.options.Token, err)
	}
	return &login{context: opened, closed: make(chan struct{}), found: map[string]crypto11.Signer{}}, nil
}

// giveUp ends a login, so that the next signature makes another.
func (t *Token) giveUp(l *login) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.login != l {
		return
	}
	t.login, t.closing = nil, l
	go func() {
		defer close(l.closed)
		_ = l.context.Close() // waits for calls under way; it has no error to tell of
	}()
}
