package issuer

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/url"
	"os"
	"strings"
	"time"

	"justice-wallet/issuer/internal/statusapi"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/ui"
)

// Config is everything an issuer is told. Each field names its environment variable; README and docker-compose.yml show
// them in use.
type Config struct {
	Addr    string // ISSUER_ADDR: where to listen (":8080")
	SelfURL string // ISSUER_URL: the credential issuer identifier, which every link is built from

	AuthServer     string // ONE_LOGIN_ISSUER: GOV.UK One Login's token service
	AuthServerJWKS string // ONE_LOGIN_JWKS_URL: its keys (its issuer, and /.well-known/jwks.json)
	ClientID       string // ONE_LOGIN_CLIENT_ID: ours there
	WalletURL      string // WALLET_URL: where an offer link leads ("https://mobile.account.gov.uk/wallet/add")
	RefreshJourney string // REFRESH_JOURNEY_URL: the page to renew a document by hand

	StaffIssuer string // HMPPS_AUTH_ISSUER: who signs the tokens of services and staff
	StaffJWKS   string // HMPPS_AUTH_JWKS_URL: its keys (its issuer, and /.well-known/jwks.json)
	Records     Records

	Font   ui.FontChoice // PAGES_FONT: of pages for people: "arial", or "transport" where GDS Transport is licensed ("arial")
	Holder *Holder       // HOLDER_PAGES: whether there are pages for the person (false); nil when there are none

	Console *Console // CONSOLE_PAGES: whether there are pages for caseworkers (false); nil when there are none

	LetterPage  string // LETTER_PAGE_URL: the verifier's page that checks letters ("https://…/letter"); no letters when empty
	LetterPhone string // LETTER_PHONE: the line that confirms a letter by its code; needed with LETTER_PAGE_URL

	Conformance  bool   // CONFORMANCE_DOCUMENTS: serve the conformance documents too (false)
	DocumentsDir string // DOCUMENTS_DIR: more catalogue files; none when empty

	Secret      []byte        // ISSUER_SECRET: 32 bytes in base64; hides names in the store, orders status lists; never changed
	OfferLife   time.Duration // OFFER_LIFE: how long an offer can be collected (15m; 5m to 1h)
	StatusLists int           // STATUS_LISTS: how many lists to spread documents over (4)
	StatusSize  int           // STATUS_LIST_SIZE: entries of a list (131072)
	StatusTTL   time.Duration // STATUS_TTL: how long a reader may rely on a copy of a list (15m)
	StatusLife  time.Duration // STATUS_LIFE: when a signed list expires (12h)
	StatusTick  time.Duration // STATUS_TICK: how often changed lists are published (5s)

	StatusDecoys bool // STATUS_DECOYS: end places of nobody, so that the number of ended ones says little (true)
	ListsClosed  int  // STATUS_LISTS_CLOSED: how many lists, from the first, get no new places; retired when their documents have expired (0)

	StatusService *StatusService // STATUS_SERVICE_URL: a status list service for new documents; nil: lists of our own

	StatusClients []byte // STATUS_CLIENTS_FILE: its content: issuers that may have places in our lists; none when empty
}

// Console says how caseworkers sign in.
type Console struct {
	SignInIssuer string   // CONSOLE_SIGN_IN_ISSUER: HMPPS Auth as an OpenID provider, exactly as it names itself
	ClientID     string   // CONSOLE_CLIENT_ID: ours there
	ClientSecret string   // CONSOLE_CLIENT_SECRET or CONSOLE_CLIENT_SECRET_FILE
	Origins      []string // CONSOLE_SIGN_IN_ORIGINS: every origin that signing in leads through, apart by spaces (the provider's)
}

// StatusService is GOV.UK's Status List Service, or another that keeps its contract.
type StatusService struct {
	URL      string // STATUS_SERVICE_URL: where places are asked for
	ListsURL string // STATUS_SERVICE_LISTS_URL: what the addresses of its lists begin with (its URL)
	JWKSURL  string // STATUS_SERVICE_JWKS_URL: the keys that sign its lists (its lists' URL, and /.well-known/jwks.json)
	ClientID string // STATUS_SERVICE_CLIENT_ID: ours there; its keys are at ISSUER_URL/.well-known/jwks.json
}

// Holder says how the person signs in, and where they are led.
type Holder struct {
	SignInIssuer   string   // ONE_LOGIN_SIGN_IN_ISSUER: GOV.UK One Login's OpenID provider, exactly as it names itself
	IdentityIssuer string   // ONE_LOGIN_IDENTITY_ISSUER: who signs verified identities, exactly as it names itself
	IdentityDID    string   // ONE_LOGIN_IDENTITY_DID: of its keys
	IdentityKeys   string   // ONE_LOGIN_IDENTITY_DID_URL: where its DID document is
	Origins        []string // HOLDER_SIGN_IN_ORIGINS: every origin that signing in leads through, apart by spaces (the provider's)
	HelpPhone      string   // HOLDER_HELP_PHONE: the line for people who cannot go on alone
	ExitURL        string   // HOLDER_EXIT_URL: where "exit this page" leads ("https://www.bbc.co.uk/weather")
}

// Records says which systems of record there are: the file, or the addresses.
type Records struct {
	File string // RECORDS_FILE: synthetic people, for trying the service with no neighbour; excludes the rest

	PrisonerSearch string // HMPPS_PRISONER_SEARCH_URL
	Licences       string // HMPPS_LICENCES_URL
	Persons        string // HMPPS_PERSON_RECORD_URL
	Supervision    string // HMPPS_SUPERVISION_URL
	DutyToRefer    string // HMPPS_DUTY_TO_REFER_URL
	Approvals      string // HMPPS_APPROVALS_URL
	TokenURL       string // HMPPS_TOKEN_URL
	ClientID       string // HMPPS_CLIENT_ID
	ClientSecret   string // HMPPS_CLIENT_SECRET or HMPPS_CLIENT_SECRET_FILE
	Facts          string // FACTS_URL: facts by their own names, for documents of source "conformance"; none when empty
}

// Defaults of fields that have one.
const (
	defaultWallet  = "https://mobile.account.gov.uk/wallet/add"
	defaultLists   = 4
	defaultSize    = 131072 // W3C Bitstring Status List §6.1: the least that hides a person in the crowd
	largestSize    = 1 << 20
	defaultTTL     = 15 * time.Minute
	defaultLife    = 12 * time.Hour
	defaultTick    = 5 * time.Second
	defaultOffer   = 15 * time.Minute
	defaultExit    = "https://www.bbc.co.uk/weather"
	jwksPath       = "/.well-known/jwks.json"
	leastOfferLife = 5 * time.Minute // harness: 5 to 60 minutes
	mostOfferLife  = time.Hour
)

// ReadConfig reads every field through r; what is wrong is in r.Err.
func ReadConfig(r *config.Reader) Config {
	c := Config{
		Addr:           r.String("ISSUER_ADDR", ":8080"),
		SelfURL:        r.URL("ISSUER_URL", ""),
		AuthServer:     r.URL("ONE_LOGIN_ISSUER", ""),
		ClientID:       r.Required("ONE_LOGIN_CLIENT_ID"),
		WalletURL:      r.URL("WALLET_URL", defaultWallet),
		RefreshJourney: r.URL("REFRESH_JOURNEY_URL", ""),
		StaffIssuer:    r.URL("HMPPS_AUTH_ISSUER", ""),
		Conformance:    r.Bool("CONFORMANCE_DOCUMENTS", false),
		DocumentsDir:   r.String("DOCUMENTS_DIR", ""),
		Secret:         r.Bytes32("ISSUER_SECRET"),
		OfferLife:      r.Duration("OFFER_LIFE", defaultOffer, leastOfferLife, mostOfferLife),
		StatusLists:    r.Int("STATUS_LISTS", defaultLists, 1, 1024),
		StatusSize:     r.Int("STATUS_LIST_SIZE", defaultSize, defaultSize, largestSize),
		StatusTTL:      r.Duration("STATUS_TTL", defaultTTL, time.Minute, defaultLife),
		StatusLife:     r.Duration("STATUS_LIFE", defaultLife, time.Minute, 24*time.Hour),
		StatusTick:     r.Duration("STATUS_TICK", defaultTick, 50*time.Millisecond, time.Minute),
	}
	c.StatusDecoys, c.ListsClosed = r.Bool("STATUS_DECOYS", true), r.Int("STATUS_LISTS_CLOSED", 0, 0, 1023)
	if c.ListsClosed >= c.StatusLists {
		r.Mistake("STATUS_LISTS_CLOSED", "leaves no list of STATUS_LISTS open")
	}
	c.AuthServerJWKS = r.URL("ONE_LOGIN_JWKS_URL", c.AuthServer+jwksPath)
	c.StaffJWKS = r.URL("HMPPS_AUTH_JWKS_URL", c.StaffIssuer+jwksPath)
	if c.StatusLife < c.StatusTTL {
		r.Mistake("STATUS_LIFE", "is shorter than STATUS_TTL")
	}
	if r.String("STATUS_SERVICE_URL", "") != "" {
		c.StatusService = readStatusService(r)
	}
	c.StatusClients = readStatusClients(r)
	c.Records = readRecords(r)
	c.LetterPage, c.LetterPhone = readLetters(r)
	c.Font = ui.FontChoice(r.String("PAGES_FONT", string(ui.Arial)))
	if c.Font != ui.Arial && c.Font != ui.Transport {
		r.Mistake("PAGES_FONT", "is neither arial nor transport")
	}
	if r.Bool("HOLDER_PAGES", false) {
		c.Holder = readHolder(r)
	}
	if r.Bool("CONSOLE_PAGES", false) {
		c.Console = readConsole(r)
	}
	return c
}

func readStatusService(r *config.Reader) *StatusService {
	s := &StatusService{URL: r.URL("STATUS_SERVICE_URL", ""), ClientID: r.Required("STATUS_SERVICE_CLIENT_ID")}
	s.ListsURL = r.URL("STATUS_SERVICE_LISTS_URL", s.URL)
	s.JWKSURL = r.URL("STATUS_SERVICE_JWKS_URL", s.ListsURL+jwksPath)
	return s
}

func readStatusClients(r *config.Reader) []byte {
	path := r.String("STATUS_CLIENTS_FILE", "")
	if path == "" {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.Mistake("STATUS_CLIENTS_FILE", "cannot be read")
		return nil
	}
	if _, err := statusapi.ParseClients(content); err != nil {
		r.Mistake("STATUS_CLIENTS_FILE", "%v", err)
	}
	return content
}

func readConsole(r *config.Reader) *Console {
	c := &Console{SignInIssuer: identifier(r, "CONSOLE_SIGN_IN_ISSUER"), ClientID: r.Required("CONSOLE_CLIENT_ID"), ClientSecret: r.Secret("CONSOLE_CLIENT_SECRET")}
	c.Origins = strings.Fields(r.String("CONSOLE_SIGN_IN_ORIGINS", strings.TrimSuffix(c.SignInIssuer, "/")))
	return c
}

func readHolder(r *config.Reader) *Holder {
	h := &Holder{
		SignInIssuer:   identifier(r, "ONE_LOGIN_SIGN_IN_ISSUER"),
		IdentityIssuer: identifier(r, "ONE_LOGIN_IDENTITY_ISSUER"),
		IdentityDID:    r.Required("ONE_LOGIN_IDENTITY_DID"),
		IdentityKeys:   r.URL("ONE_LOGIN_IDENTITY_DID_URL", ""),
		HelpPhone:      r.Required("HOLDER_HELP_PHONE"),
		ExitURL:        r.URL("HOLDER_EXIT_URL", defaultExit),
	}
	h.Origins = strings.Fields(r.String("HOLDER_SIGN_IN_ORIGINS", strings.TrimSuffix(h.SignInIssuer, "/")))
	return h
}

// identifier returns a URL that names somebody: it is compared as a text, and may end in a slash.
func identifier(r *config.Reader, name string) string {
	v := r.Required(name)
	if u, err := url.Parse(v); v != "" && (err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "") {
		r.Mistake(name, "is not an absolute http or https URL")
	}
	return v
}

func readRecords(r *config.Reader) Records {
	if file := r.String("RECORDS_FILE", ""); file != "" {
		return Records{File: file}
	}
	records := Records{
		PrisonerSearch: r.URL("HMPPS_PRISONER_SEARCH_URL", ""),
		Licences:       r.URL("HMPPS_LICENCES_URL", ""),
		Persons:        r.URL("HMPPS_PERSON_RECORD_URL", ""),
		Supervision:    r.URL("HMPPS_SUPERVISION_URL", ""),
		DutyToRefer:    r.URL("HMPPS_DUTY_TO_REFER_URL", ""),
		Approvals:      r.URL("HMPPS_APPROVALS_URL", ""),
		TokenURL:       r.URL("HMPPS_TOKEN_URL", ""),
		ClientID:       r.Required("HMPPS_CLIENT_ID"),
		ClientSecret:   r.Secret("HMPPS_CLIENT_SECRET"),
	}
	if r.String("FACTS_URL", "") != "" {
		records.Facts = r.URL("FACTS_URL", "")
	}
	return records
}

// derive makes one secret into several that tell nothing of each other.
func (c Config) derive(label string) []byte {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write([]byte("justice-wallet " + label))
	return mac.Sum(nil)
}

// IndexKey is the secret that hides names in the keys of a Redis store.
func (c Config) IndexKey() []byte { return c.derive("index") }
