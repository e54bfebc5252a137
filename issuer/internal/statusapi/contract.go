package statusapi

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fault"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/statuslist"
)

// ContractDeps is what the contract stands on. None may be nil.
type ContractDeps struct {
	Status  *Service
	Clients []Client
	Keys    *fetch.Client // fetches the key sets of clients
	Store   statuslist.Clients
	Audit   audit.Recorder
	Now     func() time.Time
}

// Contract is the GOV.UK Status List Service's contract with issuers, for those that are registered with us: POST /issue and
// POST /revoke. Nothing is given before all of a request has been checked, and the same request never gets two slots.
// Safe for concurrent use.
type Contract struct {
	deps    ContractDeps
	clients map[string]*registered
}

// NewContract returns the contract with the clients.
func NewContract(d ContractDeps) *Contract {
	return &Contract{d, register(d.Clients, d.Keys, d.Now)}
}

// PostIssue answers POST /issue with a slot: {"idx", "uri"}.
func (k *Contract) PostIssue(c *gin.Context) error {
	ctx := c.Request.Context()
	m, err := k.read(c)
	if err != nil {
		return err
	}
	expires, err := k.statusExpiry(m)
	if err != nil {
		return err
	}
	request := statuslist.Request{Client: m.client, ID: m.id, Expires: expires}
	slot, err := k.deps.Store.Begin(ctx, request)
	switch {
	case errors.Is(err, statuslist.ErrChanged):
		return badRequest("Detected invalid changes between idempotent requests, unable to proceed. Please generate a new request.")
	case errors.Is(err, statuslist.ErrBusy):
		return fault.New(fault.Conflict, "CONFLICT", "Multiple concurrent idempotent requests in progress. Please retry after a short delay.")
	case err != nil:
		return unavailable(fmt.Errorf("begin request: %w", err))
	case slot == nil:
		if slot, err = k.give(ctx, request); err != nil {
			return err
		}
	}
	c.JSON(http.StatusOK, gin.H{"idx": slot.Index, "uri": k.deps.Status.tokenURI(slot.List)})
	return nil
}

// give allocates a slot. A repeat after any of its steps failed comes to the same slot: the request is the operation.
func (k *Contract) give(ctx context.Context, r statuslist.Request) (*statuslist.Slot, error) {
	ref, err := k.deps.Status.Allocate(ctx, "client "+strconv.Quote(r.Client)+" "+r.ID, r.Expires)
	if err != nil {
		return nil, err
	}
	slot := statuslist.Slot{List: strings.TrimPrefix(ref.URI, k.deps.Status.tokenURI("")), Index: ref.Index}
	if err := k.deps.Store.Give(ctx, slot, r.Client, r.Expires); err != nil {
		return nil, unavailable(fmt.Errorf("note client: %w", err))
	}
	if err := k.record(ctx, "status.issue", r.Client, slot); err != nil {
		return nil, err
	}
	if err := k.deps.Store.Finish(ctx, r, slot); err != nil {
		return nil, unavailable(fmt.Errorf("finish request: %w", err))
	}
	return &slot, nil
}

func (k *Contract) statusExpiry(m message) (time.Time, error) {
	if !m.claims.Has("statusExpiry") {
		return time.Time{}, badRequest("No Status Expiry in Payload")
	}
	now := k.deps.Now()
	expires, err := m.claims.Time("statusExpiry")
	if err != nil || !expires.After(now) || expires.After(now.AddDate(1, 0, 0)) {
		return time.Time{}, badRequest("Status Expiry in Payload must be a non negative number and represent a future expiry date no more than 1 year from now")
	}
	return expires, nil
}

// PostRevoke answers POST /revoke with 202 and {"message", "revokedAt"}, in seconds: the first time, however often it is asked.
func (k *Contract) PostRevoke(c *gin.Context) error {
	ctx := c.Request.Context()
	m, err := k.read(c)
	if err != nil {
		return err
	}
	slot, err := k.slot(m)
	if err != nil {
		return err
	}
	holder, err := k.deps.Store.Holder(ctx, slot)
	switch {
	case errors.Is(err, statuslist.ErrNoSlot):
		return notFound(err)
	case err != nil:
		return unavailable(fmt.Errorf("find client: %w", err))
	case holder.Client != m.client:
		return unauthorised("The original clientId is different to the clientId in the request")
	case !holder.Ended.IsZero():
		c.JSON(http.StatusAccepted, gin.H{"message": "Credential already revoked", "revokedAt": holder.Ended.Unix()})
		return nil
	}
	ended, err := k.end(ctx, m, slot)
	if err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"message": "Request processed for revocation", "revokedAt": ended.Unix()})
	return nil
}

// end revokes first and notes it after: a crash between the two leaves a slot that has ended for every reader, and that the
// next request notes.
func (k *Contract) end(ctx context.Context, m message, slot statuslist.Slot) (time.Time, error) {
	if err := k.record(ctx, "status.revoke", m.client, slot); err != nil {
		return time.Time{}, err
	}
	ended, err := k.deps.Status.Revoke(ctx, "client "+m.id, credential.StatusRef{URI: k.deps.Status.tokenURI(slot.List), Index: slot.Index})
	if fault.KindOf(err) == fault.NotFound { // it was given, and yet it cannot end
		return time.Time{}, fault.Wrap(fault.Forbidden, "FORBIDDEN", "Unable to revoke the specified status list entry", err)
	}
	if err != nil {
		return time.Time{}, err
	}
	if err := k.deps.Store.NoteEnded(ctx, slot, ended); err != nil {
		return time.Time{}, unavailable(fmt.Errorf("note revocation: %w", err))
	}
	return ended, nil
}

// slot reads idx and uri. One that is well formed and no place of ours is found to belong to nobody.
func (k *Contract) slot(m message) (statuslist.Slot, error) {
	if !m.claims.Has("idx") {
		return statuslist.Slot{}, badRequest("No Index in Payload")
	}
	index, err := m.claims.Int("idx")
	if err != nil || index < 0 {
		return statuslist.Slot{}, badRequest("Index must be a valid non-negative integer")
	}
	uri, err := m.claims.String("uri")
	if err != nil || uri == "" {
		return statuslist.Slot{}, badRequest("No valid URI in Payload")
	}
	if u, err := url.Parse(uri); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return statuslist.Slot{}, badRequest("Invalid URI format in payload")
	}
	id, ours := strings.CutPrefix(uri, k.deps.Status.tokenURI(""))
	if !ours || !k.deps.Status.known[id] || index >= statuslist.MaxEntries {
		return statuslist.Slot{}, notFound(statuslist.ErrNoSlot)
	}
	return statuslist.Slot{List: id, Index: int(index)}, nil
}

// record names the slot by a keyed hash: whoever knows slot and secret finds what happened to it, and the log alone tells
// nobody whose document it is.
func (k *Contract) record(ctx context.Context, what, client string, slot statuslist.Slot) error {
	name := hex.EncodeToString(k.deps.Status.config.derive("audit", fmt.Appendf(nil, "%s %d", slot.List, slot.Index))[:16])
	if err := k.deps.Audit.Record(ctx, audit.Event{What: what, When: k.deps.Now(), Who: client, Subject: name}); err != nil {
		return unavailable(fmt.Errorf("record: %w", err))
	}
	return nil
}

// WriteError answers with the contract's {"error", "error_description"}, 401 included.
func WriteError(c *gin.Context, status int, err error) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		f = fault.New(fault.Internal, "INTERNAL_SERVER_ERROR", "The request could not be processed")
	}
	c.JSON(status, gin.H{"error": f.Code, "error_description": f.Message})
}

func badRequest(description string) error {
	return fault.New(fault.Invalid, "BAD_REQUEST", description)
}

func unauthorised(description string) error {
	return fault.New(fault.Unauthorized, "UNAUTHORIZED", description)
}
