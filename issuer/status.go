package issuer

import (
	"fmt"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/keys"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/httpserver"
)

func newStatus(c Config, d Deps) (*statusapi.Service, error) {
	return statusapi.New(c.status(),
		statusapi.Deps{Slots: d.Store, Publications: d.Store, Keys: d.Ring, Now: d.Now, Log: d.Log})
}

func (c Config) status() statusapi.Config {
	return statusapi.Config{
		BaseURL: c.SelfURL, DID: keys.DIDWeb(c.SelfURL), Lists: c.StatusLists, Size: c.StatusSize,
		TTL: c.StatusTTL, Life: c.StatusLife, Secret: c.derive("status lists"),
	}
}

// ListURIs returns where the status lists of c are served: what a verifier's trust file names.
func ListURIs(c Config) []string { return statusapi.URIs(c.status()) }

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
