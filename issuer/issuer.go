// Package issuer is the assembled issuer: the service that puts documents into GOV.UK Wallet, and keeps their status.
package issuer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"justice-wallet/issuer/internal/certificates"
	"justice-wallet/issuer/internal/govuk"
	"justice-wallet/issuer/internal/letters"
	"justice-wallet/issuer/internal/records"
	"justice-wallet/issuer/internal/serviceapi"
	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/fetch"
	"justice-wallet/pkg/format/mdoc"
	"justice-wallet/pkg/format/vcjwt"
	"justice-wallet/pkg/httpserver"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/session"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/ui"
)

// Store is everything an issuer keeps: redisstore in earnest, memstore to try it out.
type Store interface {
	issuance.Offers
	issuance.Ledger
	issuance.Register
	issuance.Roll
	issuance.LetterBook
	issuance.LetterWishes
	statuslist.Slots
	statuslist.Publications
	statuslist.Clients
	session.Store
	session.Tries
	casework.Endings
	casework.Sets
	keys.Books
}

// Deps is what an issuer leans on. None may be nil but Assets.
type Deps struct {
	Store Store
	Ready func(context.Context) error // whether the store answers
	Ring  *keys.Live
	Audit audit.Recorder
	Now   func() time.Time
	Rand  io.Reader
	Log   *slog.Logger

	Assets *ui.Assets // styles and scripts of the pages; nil means those this program was built with
}

// Issuer is the service: an http.Handler (through Server), a publisher of status lists, and an ender of documents.
type Issuer struct {
	*httpserver.Server
	status   *statusapi.Service
	casework *casework.Service
	keys     *keys.Live
	custody  *custody
}

// New assembles an issuer. It opens no connection.
func New(c Config, d Deps) (*Issuer, error) {
	all, err := catalogue(c)
	if err != nil {
		return nil, err
	}
	for _, p := range []keys.Purpose{keys.PurposeOffer, keys.PurposeCredential, keys.PurposeDocument, keys.PurposeStatusList} {
		if _, err := d.Ring.Active(p); err != nil {
			return nil, fmt.Errorf("KEYS_DIR: %w", err)
		}
	}
	documents := all.Served(c.Conformance)
	source, err := newRecords(c, d)
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	status, err := newStatus(c, d)
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	slots, err := newPlaces(c, d, status)
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	formats := []issuance.Format{
		mdoc.Format{Rand: d.Rand},
		vcjwt.New(vcjwt.Options{Issuer: c.SelfURL, DID: keys.DIDWeb(c.SelfURL)}),
	}
	service := issuance.New(issuance.Deps{
		Documents: documents, Formats: formats, Keys: d.Ring, Records: source, Status: slots,
		Offers: d.Store, Ledger: d.Store, Register: d.Store, Roll: d.Store, Audit: d.Audit,
		Now: d.Now, Rand: d.Rand, London: london, OfferLife: c.OfferLife,
	})
	client := fetch.New(fetch.Options{})
	profile := govuk.New(
		govuk.Config{SelfURL: c.SelfURL, AuthServer: c.AuthServer, ClientID: c.ClientID, WalletURL: c.WalletURL, RefreshJourney: c.RefreshJourney},
		govuk.Deps{
			Issuance: service, Documents: documents.All(true), Formats: formats, Ring: d.Ring, Now: d.Now,
			ServerKeys: fetch.NewKeySet(client, c.AuthServerJWKS, fetch.KeySetOptions{Now: d.Now}),
		})
	paper, err := newLetters(c, d, service, documents)
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	work, err := newCasework(c, d, service, documents, london)
	if err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	api := serviceapi.New(serviceapi.Deps{
		StaffIssuer: c.StaffIssuer, StaffKeys: fetch.NewKeySet(client, c.StaffJWKS, fetch.KeySetOptions{Now: d.Now}),
		Issuance: service, Register: d.Store, Profile: profile, Documents: documents, Casework: work, Now: d.Now,
	})
	server := httpserver.New(httpserver.Options{Log: d.Log, Now: d.Now, Ready: d.Ready})
	routes(server, profile, api, status, certificates.New(d.Ring, c.SelfURL, d.Now))
	if err := openStatus(c, d, server, status, client); err != nil {
		return nil, err
	}
	if paper != nil {
		letterRoutes(server, d.Ring)
	}
	if err := openDoors(c, d, server, parts{source, documents, service, profile, work, paper, london}); err != nil {
		return nil, fmt.Errorf("assemble issuer: %w", err)
	}
	return &Issuer{server, status, work, d.Ring, &custody{ring: d.Ring, issuance: service, casework: work, now: d.Now, log: d.Log, over: map[string]bool{}}}, nil
}

// parts are what the doors for people stand on.
type parts struct {
	source    *records.Records
	documents *document.Catalogue
	service   *issuance.Service
	profile   *govuk.Profile
	work      *casework.Service
	paper     *letters.Service // nil when there are no letters
	london    *time.Location
}

// openDoors opens the pages that the configuration asks for. Without any, no styles are needed.
func openDoors(c Config, d Deps, server *httpserver.Server, p parts) error {
	if c.Holder == nil && c.Console == nil {
		return nil
	}
	assets, err := openAssets(c, d)
	if err != nil {
		return err
	}
	server.Mount(ui.AssetsPath, assets)
	if c.Holder != nil {
		person, err := newHolder(c, d, assets, p)
		if err != nil {
			return err
		}
		personRoutes(server, person)
	}
	if c.Console == nil {
		return nil
	}
	staff, err := newConsole(c, d, assets, p)
	if err != nil {
		return err
	}
	consoleRoutes(server, staff)
	if p.paper != nil {
		printRoutes(server, staff)
	}
	return nil
}

// Leave lets another process publish the status lists from its next tick on. Run does it when it ends.
func (i *Issuer) Leave(ctx context.Context) error { return i.status.Leave(ctx) }

// Publish signs and publishes every status list that changed.
func (i *Issuer) Publish(ctx context.Context) error { return i.status.Publish(ctx) }

// Work ends the documents whose time has come, of large endings too, and those that a compromised key signed.
func (i *Issuer) Work(ctx context.Context) error {
	return errors.Join(i.custody.Work(ctx), i.casework.Work(ctx), i.casework.WorkLarge(ctx))
}

// Run publishes status lists, ends documents and reads the keys again, at once and at every tick, until ctx ends. None waits
// for another.
func (i *Issuer) Run(ctx context.Context, ticks <-chan time.Time) {
	var done sync.WaitGroup
	defer done.Wait()
	var each []chan time.Time
	for _, run := range []func(context.Context, <-chan time.Time){i.status.Run, i.casework.Run, i.casework.RunLarge, i.keys.Run, i.custody.Run} {
		ticks := make(chan time.Time, 1)
		each = append(each, ticks)
		done.Go(func() { run(ctx, ticks) })
	}
	for {
		select {
		case <-ctx.Done():
			return
		case tick := <-ticks:
			for _, to := range each {
				select {
				case to <- tick:
				default: // it is busy, and one tick waits for it
				}
			}
		}
	}
}

func catalogue(c Config) (*document.Catalogue, error) {
	shipped, err := document.Files()
	if err != nil {
		return nil, err
	}
	systems := []fs.FS{shipped}
	if c.DocumentsDir != "" {
		if _, err := os.ReadDir(c.DocumentsDir); err != nil { // a directory that is not there would be an empty one
			return nil, fmt.Errorf("DOCUMENTS_DIR: %w", err)
		}
		systems = append(systems, os.DirFS(c.DocumentsDir))
	}
	return document.Load(systems...)
}

// newRecords names the sources of facts that documents may rest on.
func newRecords(c Config, d Deps) (*records.Records, error) {
	if c.Records.File != "" {
		sources, err := records.NewFile(peopleFile(c, d))
		return records.New(sources), err
	}
	o := hmpps(c, d)
	sources, err := records.NewHMPPS(o)
	if err == nil && c.Records.Facts != "" {
		sources["conformance"], err = records.NewJSON(records.JSONOptions{Name: "facts", URL: c.Records.Facts, Credentials: o.Credentials, Now: d.Now})
	}
	return records.New(sources), err
}

// newDirectory finds people in the same systems.
func newDirectory(c Config, d Deps) (*records.Directory, error) {
	if c.Records.File != "" {
		return records.NewFileDirectory(peopleFile(c, d))
	}
	return records.NewHMPPSDirectory(hmpps(c, d))
}

func peopleFile(c Config, d Deps) records.FileOptions {
	return records.FileOptions{Path: c.Records.File, ReferenceKey: c.derive("licence reference"), Now: d.Now}
}

func hmpps(c Config, d Deps) records.HMPPSOptions {
	return records.HMPPSOptions{
		PrisonerSearchURL: c.Records.PrisonerSearch, LicencesURL: c.Records.Licences, PersonRecordURL: c.Records.Persons,
		SupervisionURL: c.Records.Supervision, DutyToReferURL: c.Records.DutyToRefer, ApprovalsURL: c.Records.Approvals,
		Credentials:  records.Credentials{TokenURL: c.Records.TokenURL, ClientID: c.Records.ClientID, Secret: c.Records.ClientSecret},
		ReferenceKey: c.derive("licence reference"), Now: d.Now,
	}
}
