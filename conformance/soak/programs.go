package soak

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"justice-wallet/keys"
)

// programs are the real ones, built to fail where they are told (pkg/faultpoint).
type programs struct{ issuer, verifier string }

func build(dir string) (programs, error) {
	p := programs{filepath.Join(dir, "issuer"), filepath.Join(dir, "verifier")}
	for program, at := range map[string]string{"justice-wallet/issuer/cmd/issuer": p.issuer, "justice-wallet/verifier/cmd/verifier": p.verifier} {
		if said, err := exec.Command("go", "build", "-tags", "faultinject", "-o", at, program).CombinedOutput(); err != nil {
			return p, fmt.Errorf("build %s: %w: %s", program, err, said)
		}
	}
	return p, nil
}

// Pace is how fast the programs go, and how large the lists are.
type Pace struct {
	Tick    time.Duration // between two looks of the publisher
	MaxAge  time.Duration // between two fetches of the verifier
	Entries int           // of a list
	Lists   int
	Cluster bool // a Redis Cluster in the place of one server
}

var (
	// Short has much happen in little time: the least that the verifier takes, and lists of the usual size.
	Short = Pace{Tick: 100 * time.Millisecond, MaxAge: time.Second, Entries: 131_072, Lists: 2}

	// Clustered is Short on a Redis Cluster, with lists on each of its primaries.
	Clustered = Pace{Tick: 100 * time.Millisecond, MaxAge: time.Second, Entries: 131_072, Lists: 8, Cluster: true}

	// Real is how the programs go when nobody says otherwise, with one list of the largest kind.
	Real = Pace{Tick: 5 * time.Second, MaxAge: 30 * time.Second, Entries: 1_000_000, Lists: 1}
)

const (
	ttl     = time.Minute      // of a list: the least that the issuer takes
	patient = 30 * time.Second // how long anything may take to come back
)

// issuer is one process of the issuer, and what it keeps of its own.
type issuer struct {
	*process
	program, dir, port string
	env                []string
}

// newIssuer makes what an issuer needs, but does not start it. front is where its lists are served, store the URL of
// its Redis.
func newIssuer(program, dir, front, store, ring, clients string, p Pace) (*issuer, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	people, err := filepath.Abs("../hmpps/people.json")
	if err != nil {
		return nil, err
	}
	i := &issuer{program: program, dir: dir, port: port}
	i.env = environment(
		"ISSUER_ADDR=127.0.0.1:"+port, "ISSUER_URL="+front, "ISSUER_SECRET="+base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"ONE_LOGIN_ISSUER=http://onelogin.test", "ONE_LOGIN_CLIENT_ID=TEST_CLIENT_ID", "REFRESH_JOURNEY_URL="+front+"/refresh",
		"HMPPS_AUTH_ISSUER=http://hmpps.test", "RECORDS_FILE="+people, "KEYS_DIR="+ring, "KEYS_PASSPHRASE="+passphrase,
		"AUDIT_FILE="+filepath.Join(dir, "audit.log"), "REDIS_URL="+store, "STATUS_CLIENTS_FILE="+clients,
		"STATUS_TICK="+p.Tick.String(), "STATUS_TTL="+ttl.String(), "STATUS_LIFE=1h",
		"STATUS_LISTS="+strconv.Itoa(p.Lists), "STATUS_LIST_SIZE="+strconv.Itoa(p.Entries), "STATUS_DECOYS=false",
		"JOURNAL_FILE="+i.journal(), "FAULT_SYNCED="+i.synced(),
	)
	return i, os.MkdirAll(dir, 0o700)
}

func (i *issuer) journal() string { return filepath.Join(i.dir, "journal") }
func (i *issuer) synced() string  { return filepath.Join(i.dir, "journal.synced") }
func (i *issuer) address() string { return "127.0.0.1:" + i.port }

// start starts it, to fail as faults say (pkg/faultpoint); it does not wait.
func (i *issuer) start(faults string) error {
	var err error
	i.process, err = start("issuer", append(i.env, "FAULT="+faults), i.program)
	return err
}

// lists is what issuer -lists prints.
func (i *issuer) lists() ([]string, error) {
	print := exec.Command(i.program, "-lists")
	print.Env = i.env
	text, err := print.Output()
	if err != nil {
		return nil, fmt.Errorf("print lists: %w", err)
	}
	return strings.Fields(string(text)), nil
}

const passphrase = "a soak's keys are worth nothing"

// makeRing makes a directory of keys for an issuer at url.
func makeRing(path, url string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	dir, err := keys.OpenDir(path, []byte(passphrase))
	if err != nil {
		return err
	}
	all, err := keys.Generate(keys.Authority{Name: "Synthetic soak", URL: url, CRL: url + "/crl", Country: "GB"}, time.Now())
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := dir.Save(k); err != nil {
			return err
		}
	}
	return nil
}

// newVerifier starts a verifier that trusts documents of p in the lists, and waits until it answers. vars are more of its
// environment.
func newVerifier(program, dir, front string, lists []string, p *publisher, vars ...string) (*process, string, error) {
	port, err := freePort()
	if err != nil {
		return nil, "", err
	}
	trust, err := json.Marshal(map[string]any{
		"iacas":   []any{},
		"issuers": []any{map[string]any{"issuer": p.url, "did": publisherDID, "document": p.url + "/did.json"}},
		"statusLists": []any{map[string]any{
			"prefix": front + "/t/", "jwks": front + "/.well-known/jwks.json", "lists": lists,
		}},
	})
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(dir, "trust.json")
	if err := os.WriteFile(path, trust, 0o600); err != nil {
		return nil, "", err
	}
	base := "http://127.0.0.1:" + port
	vars = append(vars, "VERIFIER_ADDR=127.0.0.1:"+port, "VERIFIER_TRUST_FILE="+path)
	proc, err := start("verifier", environment(vars...), program)
	if err != nil {
		return nil, "", err
	}
	return proc, base, eventually("the verifier lives", func() error {
		if proc.ended() {
			return errGone
		}
		return answers(context.Background(), base+"/livez")
	})
}

var errGone = errors.New("it ended")

// answers is nil when a GET of address gives 200.
func answers(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Timeout: 2 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// eventually waits until what holds, or fails with the last reason why not.
func eventually(what string, holds func() error) error {
	var err error
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = holds(); err == nil {
			return nil
		}
		if errors.Is(err, errGone) {
			break
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}
