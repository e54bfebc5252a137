// Package rig runs everything in one process: the issuer and the verifier as they are in earnest, each on a loopback port
// of its own, among stand-ins for their neighbours. Tests, the demonstration and `make dev` use it.
package rig

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"justice-wallet/conformance/hmpps"
	"justice-wallet/conformance/leaks"
	"justice-wallet/conformance/onelogin"
	"justice-wallet/conformance/signin"
	"justice-wallet/conformance/wallet"
	"justice-wallet/conformance/walletpage"
	"justice-wallet/issuer"
	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/document"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/ui"
	"justice-wallet/verifier"
)

// ClientID is the issuer's client id at One Login, as GOV.UK's harness expects it.
const ClientID = "TEST_CLIENT_ID"

// Options is what a rig may be told. The zero value is a rig in memory on free ports.
type Options struct {
	RedisURL string // a real Redis instead of the store in memory
	Secret   []byte // 32 bytes: the issuer's, to find its records again in that Redis; random when empty
	Dir      string // keys and audit log; a new temporary directory when empty
	Log      io.Writer
	Now      func() time.Time

	IssuerAddr, VerifierAddr, OneLoginAddr, HMPPSAddr, WalletAddr, OrganisationsAddr string // "127.0.0.1:0" when empty

	// Pages turns on the pages for people, which need make assets; the simulated wallet then has pages, too, and links lead
	// to it.
	Pages bool

	IssuerURL      string // how the issuer calls itself; its address when empty
	ClientIDPrefix string // of the verifier; x509_hash: when empty
	ExternalServer string // an authorisation server elsewhere, instead of the stand-in: GOV.UK's harness

	Keys         keys.Provider                       // holds the private keys; nil is what KeysIn says
	KeysIn       string                              // "file", "pkcs11" (SoftHSM2) or "kms" (an emulator); memory when empty, and files when Dir is given
	WrapStore    func(issuer.Store) issuer.Store     // to break the store in a test
	WrapAudit    func(audit.Recorder) audit.Recorder // to break the issuer's audit log in a test
	DocumentsDir string                              // more documents

	Assets *ui.Assets // with Pages: their styles and scripts; this program's own when nil

	VerifierTransport http.RoundTripper // from the verifier to issuers, to record what it asks

	Configure func(*issuer.Config) // changes how the issuer is configured

	Trust func(file map[string][]any) // adds to whom the verifier trusts: the members of its trust file
}

// Rig is everything, running.
type Rig struct {
	IssuerURL, VerifierURL, OneLoginURL, HMPPSURL string
	WalletURL, OrganisationsURL                   string // with Pages

	ListURIs []string // of the issuer's status lists

	Issuer   *issuer.Issuer
	OneLogin *onelogin.Server
	HMPPS    *hmpps.Server
	Store    issuer.Store
	Ring     *keys.Live
	Keys     *keys.Dir // where Ring reads them
	HTTP     *http.Client

	Wallets       *walletpage.Pages // with Pages
	Organisations *signin.Provider  // with Pages

	ReaderRoot *x509.Certificate // vouches for the verifier's requests

	options Options
	kept    *leaks.Keeper // nil unless this run is kept
	audit   *audit.File
	stop    context.CancelFunc
	done    sync.WaitGroup
	closers []func() error
	mu      sync.Mutex
	errs    []error
}

// Clients of the stand-in HMPPS Auth: the issuer, a service that may do everything, and one without the right role.
const (
	issuerClient  = "wallet-issuer"
	ServiceClient = "wallet-front-end"
	PlainClient   = "no-roles"
	clientSecret  = "synthetic"
)

// Start starts everything and publishes the first status lists. Close ends it.
func Start(ctx context.Context, o Options) (*Rig, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	kept, err := leaks.Keep(os.Getenv(leaks.Variable))
	if err != nil {
		return nil, err
	}
	if kept != nil {
		o.Log = io.MultiWriter(o.Log, kept)
	}
	ctx, stop := context.WithCancel(ctx)
	r := &Rig{options: o, kept: kept, closers: []func() error{kept.Close}, stop: stop, HTTP: &http.Client{Timeout: 30 * time.Second}}
	if err := r.start(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Rig) start(ctx context.Context) error {
	o := &r.options
	listeners := map[string]net.Listener{}
	type address struct {
		addr string
		url  *string
	}
	addresses := map[string]address{
		"issuer": {o.IssuerAddr, &r.IssuerURL}, "verifier": {o.VerifierAddr, &r.VerifierURL},
		"onelogin": {o.OneLoginAddr, &r.OneLoginURL}, "hmpps": {o.HMPPSAddr, &r.HMPPSURL},
	}
	if o.Pages {
		addresses["wallet"] = address{o.WalletAddr, &r.WalletURL}
		addresses["organisations"] = address{o.OrganisationsAddr, &r.OrganisationsURL}
	}
	for name, at := range addresses {
		if at.addr == "" {
			at.addr = "127.0.0.1:0"
		}
		ln, err := net.Listen("tcp", at.addr)
		if err != nil {
			return fmt.Errorf("listen for %s: %w", name, err)
		}
		r.closers = append(r.closers, ln.Close)
		listeners[name], *at.url = ln, "http://"+ln.Addr().String()
	}
	if o.IssuerURL != "" {
		r.IssuerURL = o.IssuerURL
	}
	if err := r.neighbours(); err != nil {
		return err
	}
	if err := r.startIssuer(ctx); err != nil {
		return err
	}
	check, err := r.newVerifier()
	if err != nil {
		return err
	}
	pages, err := r.startPages()
	if err != nil {
		return err
	}
	for name, h := range pages {
		r.serve(ctx, listeners[name], h)
	}
	r.serve(ctx, listeners["onelogin"], r.OneLogin)
	r.serve(ctx, listeners["hmpps"], r.HMPPS)
	r.serve(ctx, listeners["issuer"], r.kept.Handler("issuer", r.Issuer))
	r.serve(ctx, listeners["verifier"], r.kept.Handler("verifier", check))
	return r.Issuer.Publish(ctx)
}

func (r *Rig) neighbours() error {
	var err error
	r.OneLogin, err = onelogin.New(onelogin.Options{
		URL: r.OneLoginURL, Now: r.options.Now, Rand: rand.Reader, HTTP: r.HTTP,
		Issuers: []onelogin.Issuer{{URL: r.IssuerURL, ClientID: ClientID}},
	})
	if err != nil {
		return fmt.Errorf("start One Login: %w", err)
	}
	r.HMPPS, err = hmpps.New(hmpps.Options{Now: r.options.Now, Rand: rand.Reader, Console: r.console(), Clients: []hmpps.Client{
		{ID: issuerClient, Secret: clientSecret, Roles: []string{hmpps.RolePrisonerSearch, hmpps.RoleViewLicences, hmpps.RoleWalletRecords}},
		{ID: ServiceClient, Secret: clientSecret, Roles: []string{
			"ROLE_WALLET_CREDENTIALS__ISSUE", "ROLE_WALLET_CREDENTIALS__REVOKE", "ROLE_WALLET_CREDENTIALS__REVOKE_BULK_APPROVE",
			"ROLE_WALLET_CREDENTIALS__VIEW",
		}},
		{ID: PlainClient, Secret: clientSecret, Roles: []string{"ROLE_OF_ANOTHER_SERVICE"}},
	}})
	if err != nil {
		return fmt.Errorf("start HMPPS: %w", err)
	}
	r.HMPPS.SetIssuer(r.HMPPSURL)
	return nil
}

func (r *Rig) startIssuer(ctx context.Context) error {
	config, err := r.config()
	if err != nil {
		return err
	}
	if r.options.Configure != nil {
		r.options.Configure(&config)
	}
	r.ListURIs = issuer.ListURIs(config)
	if err := r.openProvider(ctx); err != nil {
		return err
	}
	if r.Keys, err = r.openKeys(ctx); err != nil {
		return err
	}
	log, err := audit.OpenFile(filepath.Join(r.options.Dir, "audit.log"))
	if err != nil {
		return err
	}
	r.closers, r.audit = append(r.closers, log.Close), log
	ready, err := r.openStore(config)
	if err != nil {
		return err
	}
	if r.options.WrapStore != nil {
		r.Store = r.options.WrapStore(r.Store)
	}
	r.Ring, err = keys.OpenLive(ctx, keys.LiveOptions{Source: r.Keys, Books: r.Store, Audit: log, Now: r.options.Now, Log: r.log("issuer")})
	if err != nil {
		return err
	}
	var recorder audit.Recorder = log
	if r.options.WrapAudit != nil {
		recorder = r.options.WrapAudit(log)
	}
	r.Issuer, err = issuer.New(config, issuer.Deps{
		Store: r.Store, Ready: ready, Ring: r.Ring, Audit: recorder, Now: r.options.Now, Rand: rand.Reader, Log: r.log("issuer"), Assets: r.options.Assets,
	})
	return err
}

// config is the issuer's, as ReadConfig would make it.
func (r *Rig) config() (issuer.Config, error) {
	o := &r.options
	if len(o.Secret) == 0 {
		o.Secret = make([]byte, 32)
		rand.Read(o.Secret) // never fails
	}
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "justice-wallet-")
		if err != nil {
			return issuer.Config{}, err
		}
		r.closers = append(r.closers, func() error { return os.RemoveAll(dir) })
		o.Dir = dir
		if o.Keys == nil && o.KeysIn == "" {
			o.Keys = &memory{}
		}
	}
	server, staff := r.OneLoginURL, r.HMPPSURL+"/auth"
	if o.ExternalServer != "" {
		server = o.ExternalServer
	}
	return issuer.Config{
		SelfURL: r.IssuerURL, AuthServer: server, AuthServerJWKS: server + "/.well-known/jwks.json", ClientID: ClientID,
		WalletURL: r.walletLink("/add", "https://mobile.account.gov.uk/wallet/add"), Holder: r.holder(), Console: r.caseworkers(), RefreshJourney: r.IssuerURL + "/refresh",
		StaffIssuer: staff + "/issuer", StaffJWKS: staff + "/.well-known/jwks.json",
		Records: issuer.Records{
			PrisonerSearch: r.HMPPSURL, Licences: r.HMPPSURL, Persons: r.HMPPSURL, Supervision: r.HMPPSURL, DutyToRefer: r.HMPPSURL, Approvals: r.HMPPSURL,
			TokenURL: staff + "/oauth/token", ClientID: issuerClient, ClientSecret: clientSecret, Facts: r.HMPPSURL + "/facts",
		},
		LetterPage: r.VerifierURL + "/letter", LetterPhone: helpPhone,
		Conformance: true, DocumentsDir: o.DocumentsDir, Secret: o.Secret, OfferLife: 15 * time.Minute,
		StatusLists: 2, StatusSize: 131072, StatusTTL: 15 * time.Minute, StatusLife: 12 * time.Hour, StatusTick: 5 * time.Second,
	}, nil
}

func (r *Rig) openStore(c issuer.Config) (func(context.Context) error, error) {
	if r.options.RedisURL == "" {
		r.Store = memstore.New(r.options.Now)
		return func(context.Context) error { return nil }, nil
	}
	client, err := redisstore.Dial(r.options.RedisURL)
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, client.Close)
	store, err := redisstore.New(client, redisstore.Config{IndexKey: c.IndexKey(), Now: r.options.Now})
	if err != nil {
		return nil, err
	}
	r.Store = store
	return store.Ping, nil
}

// newVerifier trusts the rig's issuer for every document it can issue, and nobody else.
func (r *Rig) newVerifier() (*verifier.Verifier, error) {
	root, err := r.Ring.Active(keys.PurposeIACA)
	if err != nil {
		return nil, err
	}
	catalogue, err := document.Shipped()
	if err != nil {
		return nil, err
	}
	var docTypes []string
	for _, d := range catalogue.All(true) {
		if d.MDoc != nil {
			docTypes = append(docTypes, d.MDoc.DocType)
		}
	}
	file := map[string][]any{
		"iacas":   {map[string]any{"pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Chain[0].Raw})), "documents": docTypes}},
		"issuers": {map[string]any{"issuer": r.IssuerURL, "did": keys.DIDWeb(r.IssuerURL), "document": r.IssuerURL + "/.well-known/did.json"}},
		"statusLists": {map[string]any{
			"prefix": r.IssuerURL + "/t/", "jwks": r.IssuerURL + "/.well-known/jwks.json", "lists": r.ListURIs}},
		"letters": {map[string]any{"issuer": r.IssuerURL, "jwks": r.IssuerURL + "/.well-known/letter-keys.json"}},
	}
	if r.options.Trust != nil {
		r.options.Trust(file)
	}
	trust, err := json.Marshal(file)
	if err != nil {
		return nil, err
	}
	presentations, err := r.presentations(catalogue)
	if err != nil {
		return nil, err
	}
	var letters *verifier.Letters
	if r.options.Pages {
		letters = &verifier.Letters{Phone: "020 7946 0000"}
	}
	return verifier.New(verifier.Config{Trust: trust, Presentations: presentations, Desk: r.desk(), Letters: letters},
		verifier.Deps{Log: r.log("verifier"), Now: r.options.Now, Transport: r.options.VerifierTransport, Assets: r.options.Assets})
}

func (r *Rig) log(service string) *slog.Logger {
	return slog.New(slog.NewJSONHandler(r.options.Log, nil)).With(slog.String("service", service))
}

// serve answers ln with h until the rig is closed.
func (r *Rig) serve(ctx context.Context, ln net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	r.done.Add(2)
	go func() {
		defer r.done.Done()
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			r.fail(err)
		}
	}()
	go func() {
		defer r.done.Done()
		<-ctx.Done()
		if err := server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			r.fail(err)
		}
	}()
}

func (r *Rig) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// Close ends everything, and waits for it.
func (r *Rig) Close() error {
	r.stop()
	r.done.Wait()
	err := errors.Join(r.errs...)
	for i := len(r.closers) - 1; i >= 0; i-- {
		if e := r.closers[i](); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// NewWallet returns a wallet whose person is signed in to One Login as account, a wallet subject identifier.
func (r *Rig) NewWallet(ctx context.Context, account string) (*wallet.Wallet, error) {
	var answer struct {
		Session string `json:"session"`
	}
	if err := r.Post(ctx, r.OneLoginURL+"/stand-in/session", "", map[string]string{"wallet_subject_id": account}, &answer); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return wallet.New(wallet.Options{HTTP: r.HTTP, Rand: rand.Reader, Now: r.options.Now, Account: account, Session: answer.Session})
}

// Post sends body as JSON, with a bearer token when there is one, and reads a 2xx answer into out.
func (r *Rig) Post(ctx context.Context, url, token string, body, out any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(content)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return r.send(request, out)
}

func (r *Rig) send(request *http.Request, out any) error {
	response, err := r.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return &StatusError{response.StatusCode, strings.TrimSpace(string(answer))}
	}
	return json.Unmarshal(answer, out)
}

// StatusError is an answer that is not 2xx.
type StatusError struct {
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("answer %d %s", e.Status, e.Body) }
