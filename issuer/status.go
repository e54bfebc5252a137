package issuer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"justice-wallet/issuer/internal/published"
	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/issuer/internal/statusclient"
	"justice-wallet/keys"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
)

const tokenLists = "/t/" // where token status lists are, with us and with a status list service

func newStatus(c Config, d Deps) (*statusapi.Service, error) {
	return statusapi.New(c.status(),
		statusapi.Deps{Slots: d.Store, Publications: d.Store, Keys: d.Ring, Now: d.Now, Rand: d.Rand, Log: d.Log})
}

func (c Config) status() statusapi.Config {
	return statusapi.Config{
		BaseURL: c.SelfURL, DID: keys.DIDWeb(c.SelfURL), Lists: c.StatusLists, Size: c.StatusSize,
		TTL: c.StatusTTL, Life: c.StatusLife, Lease: c.StatusTick * 3 / 2, Secret: c.derive("status lists"), Decoys: c.StatusDecoys, Closed: c.ListsClosed,
	}
}

// ListURIs returns where the status lists of c are served: what a verifier's trust file names.
func ListURIs(c Config) []string { return statusapi.URIs(c.status()) }

// places gives out places in a status list service, and ends each where it was given: documents that were issued before the
// service was configured stand in our own lists until they expire.
type places struct {
	own     *statusapi.Service
	service *statusclient.Client
	ours    string // what the addresses of our own lists begin with
}

// newPlaces returns own alone when no service is configured.
func newPlaces(c Config, d Deps, own *statusapi.Service) (issuance.Status, error) {
	if c.StatusService == nil {
		return own, nil
	}
	service, err := statusclient.New(statusclient.Options{
		ServiceURL: c.StatusService.URL, ListsURL: c.StatusService.ListsURL, ClientID: c.StatusService.ClientID, Keys: d.Ring, Now: d.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("STATUS_SERVICE_URL: %w", err)
	}
	return places{own, service, c.SelfURL + tokenLists}, nil
}

// Allocate implements issuance.Status.
func (p places) Allocate(ctx context.Context, operation string, until time.Time) (credential.StatusRef, error) {
	return p.service.Allocate(ctx, operation, until)
}

// Revoke implements issuance.Status.
func (p places) Revoke(ctx context.Context, operation string, ref credential.StatusRef) (time.Time, error) {
	if strings.HasPrefix(ref.URI, p.ours) {
		return p.own.Revoke(ctx, operation, ref)
	}
	return p.service.Revoke(ctx, operation, ref)
}

// publishedLists reads our lists, and the service's.
type publishedLists struct {
	own, service *published.Reader // service is nil when there is none
	ours         string
}

// serviceFresh is how often a list of a service is asked for at most: nobody promises it sooner than its time to live.
const serviceFresh = time.Minute

func newPublished(c Config, d Deps) publishedLists {
	client := fetch.New(fetch.Options{MaxBytes: published.MaxBytes})
	reader := func(base, jwks string, fresh time.Duration) *published.Reader {
		keys := fetch.NewKeySet(client, jwks, fetch.KeySetOptions{Now: d.Now})
		return published.New(published.Options{Prefix: base + tokenLists, Keys: keys, Client: client, Now: d.Now, Fresh: fresh})
	}
	lists := publishedLists{own: reader(c.SelfURL, c.SelfURL+jwksPath, 0), ours: c.SelfURL + tokenLists}
	if s := c.StatusService; s != nil {
		lists.service = reader(s.ListsURL, s.JWKSURL, serviceFresh)
	}
	return lists
}

// Ended implements casework.Published.
func (l publishedLists) Ended(ctx context.Context, ref credential.StatusRef) (bool, error) {
	if l.service != nil && !strings.HasPrefix(ref.URI, l.ours) {
		return l.service.Ended(ctx, ref)
	}
	return l.own.Ended(ctx, ref)
}

// openStatus lets the issuers that are registered with our status lists have places in them.
func openStatus(c Config, d Deps, server *httpserver.Server, status *statusapi.Service, client *fetch.Client) error {
	if len(c.StatusClients) == 0 {
		return nil
	}
	clients, err := statusapi.ParseClients(c.StatusClients)
	if err != nil {
		return fmt.Errorf("STATUS_CLIENTS_FILE: %w", err)
	}
	statusRoutes(server, statusapi.NewContract(statusapi.ContractDeps{
		Status: status, Clients: clients, Keys: client, Store: d.Store, Audit: d.Audit, Now: d.Now,
	}))
	return nil
}
