//go:build redis

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"justice-wallet/issuer"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/casework"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/credential"
	"justice-wallet/pkg/issuance"
	"justice-wallet/pkg/statuslist"
	"justice-wallet/pkg/store/storetest"
)

const (
	largeKey    = "a-key-that-is-lost"
	largeEnding = "large-1"
	largeCount  = 2000
)

// TestMain makes the test's program an issuer that works on large endings, and nothing else, when it is told so.
func TestMain(m *testing.M) {
	dies := os.Getenv("ISSUER_DIES_AT")
	if dies == "" {
		os.Exit(m.Run())
	}
	if err := workUntilEnded(dies); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// mortal is a store whose process is killed, as by kill -9, at one of its steps.
type mortal struct {
	issuer.Store
	step string
	left atomic.Int64
}

func (m *mortal) at(step string) {
	if m.step == step && m.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it takes effect at once, and until then nothing more happens
	}
}

func (m *mortal) Revoke(ctx context.Context, operation string, slot statuslist.Slot, counter int, at time.Time) (time.Time, error) {
	first, err := m.Store.Revoke(ctx, operation, slot, counter, at)
	m.at("revoke")
	return first, err
}

func (m *mortal) MarkAllRevoked(ctx context.Context, ends []issuance.End) error {
	m.at("mark")
	return m.Store.MarkAllRevoked(ctx, ends)
}

func (m *mortal) SwapEnding(ctx context.Context, e casework.Ending) error {
	m.at("swap")
	return m.Store.SwapEnding(ctx, e)
}

// assemble is an issuer on the environment vars, as run would have it.
func assemble(ctx context.Context, vars func(string) string, wrap func(issuer.Store) issuer.Store) (*issuer.Issuer, issuer.Deps, issuer.Config, func() error, error) {
	r := config.NewReader(vars)
	c := issuer.ReadConfig(r)
	s := settings{
		keysDir: vars("KEYS_DIR"), keys: providers.Read(r), auditFile: vars("AUDIT_FILE"), redis: vars("REDIS_URL"), journal: vars("JOURNAL_FILE"),
	}
	if err := r.Err(); err != nil {
		return nil, issuer.Deps{}, c, nil, err
	}
	deps, closeAll, err := open(ctx, c, s, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return nil, deps, c, nil, err
	}
	deps.Store = wrap(deps.Store)
	service, err := issuer.New(c, deps)
	return service, deps, c, closeAll, err
}

// workUntilEnded works until all of the large ending's documents have ended; dies says at which step of which kind it is
// killed, if at any.
func workUntilEnded(dies string) error {
	step, turn, _ := strings.Cut(dies, " ")
	n, err := strconv.ParseInt(turn, 10, 64)
	if err != nil {
		return err
	}
	ctx := context.Background()
	m := &mortal{step: step}
	m.left.Store(n)
	service, _, _, closeAll, err := assemble(ctx, os.Getenv, func(s issuer.Store) issuer.Store { m.Store = s; return m })
	if err != nil {
		return err
	}
	for {
		if err := service.Work(ctx); err != nil {
			return err
		}
		e, err := m.Ending(ctx, largeEnding)
		if err != nil {
			return err
		}
		if e.Bulk.Looks {
			return closeAll()
		}
	}
}

// An issuer that is killed in the middle of a large ending, again and again, ends every document of it once it is left alone:
// none is lost, and none is told a second time or reason.
func TestALargeEndingOutlivesItsProcess(t *testing.T) {
	vars := onRedis(t, storetest.StartRedis(t))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	vars["STATUS_DECOYS"] = "false" // every place that ends is counted
	vars["ISSUER_URL"] = "http://" + ln.Addr().String()
	service, deps, c, closeAll, err := assemble(t.Context(), getenv(vars), func(s issuer.Store) issuer.Store { return s })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- service.Serve(ctx, ln) }()
	defer func() {
		stop()
		if err := errors.Join(<-served, closeAll()); err != nil {
			t.Error(err)
		}
	}()
	must(t, service.Publish(ctx))
	list := enrolLarge(t, deps.Store, c)

	own := map[string]string{"JOURNAL_FILE": filepath.Join(t.TempDir(), "journal"), "AUDIT_FILE": filepath.Join(t.TempDir(), "audit.log")}
	for _, dies := range []string{"revoke 700", "mark 1", "swap 1", "revoke 400"} {
		if state := process(t, vars, own, dies); !state.Signaled() || state.Signal() != syscall.SIGKILL {
			t.Fatalf("%s: it ended with %v", dies, state)
		}
	}
	if state := process(t, vars, own, "never 1"); state.ExitStatus() != 0 {
		t.Fatalf("left alone it ended with %v", state)
	}
	must(t, service.Publish(ctx))
	must(t, service.Work(ctx))

	e, err := deps.Store.Ending(ctx, largeEnding)
	must(t, err)
	if p := e.Bulk.Progress(); e.State != casework.StateDone || p.Ended != largeCount || e.Bulk.Seen != largeCount {
		t.Errorf("%s, %+v, %d seen", e.State, p, e.Bulk.Seen)
	}
	head, err := deps.Store.Head(ctx, list)
	must(t, err)
	if head.Sequence != largeCount {
		t.Errorf("%d places ended", head.Sequence)
	}
	all, err := deps.Store.Credentials(ctx, largeIDs())
	must(t, err)
	for _, one := range all {
		if one.Revoked.IsZero() || one.Reason != string(issuance.ReasonKeyCompromise) {
			t.Fatalf("%s: %v, %q", one.ID, one.Revoked, one.Reason)
		}
	}
	log, err := os.Open(own["AUDIT_FILE"])
	must(t, err)
	defer log.Close()
	if n, err := audit.Verify(log); err != nil || n < largeCount {
		t.Errorf("%d records, %v", n, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// process runs the test's program as an issuer of its own, until it dies.
func process(t *testing.T, vars, own map[string]string, dies string) syscall.WaitStatus {
	t.Helper()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), "ISSUER_DIES_AT="+dies)
	for _, set := range []map[string]string{vars, own} { // of two values, the last counts
		for name, value := range set {
			program.Env = append(program.Env, name+"="+value)
		}
	}
	var said strings.Builder
	program.Stderr, program.Stdout = &said, io.Discard
	err := program.Run()
	state, ok := program.ProcessState.Sys().(syscall.WaitStatus)
	if !ok {
		t.Fatalf("%v", err)
	}
	if state.Exited() && state.ExitStatus() != 0 {
		t.Log(said.String())
	}
	return state
}

func largeIDs() []string {
	ids := make([]string, largeCount)
	for i := range ids {
		ids[i] = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	}
	return ids
}

// enrolLarge puts the documents into the register, as if the lost key had signed them, with places in the first list; and plans
// their ending. It returns the list.
func enrolLarge(t *testing.T, s issuer.Store, c issuer.Config) string {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	uri := issuer.ListURIs(c)[0]
	list := strings.TrimPrefix(uri, c.SelfURL+"/t/")
	if _, err := s.Next(ctx, "all of it", list, now.AddDate(0, 6, 0), c.StatusSize-1); err != nil {
		t.Fatal(err)
	}
	var next atomic.Int64
	var done sync.WaitGroup
	ids := largeIDs()
	for range 16 {
		done.Go(func() {
			for i := next.Add(1) - 1; i < largeCount; i = next.Add(1) - 1 {
				subject := fmt.Sprint("synthetic-", i%100)
				err := s.Commit(ctx, issuance.Commit{
					Operation: ids[i], Grant: issuance.Grant{TokenID: ids[i], Nonce: ids[i], Subject: subject, Configuration: "c", Expires: now.Add(time.Minute)},
					Credential: issuance.Credential{
						ID: ids[i], Configuration: "c", KeyID: largeKey, Record: issuance.Record{Person: "synthetic"}, Subject: subject,
						Status: credential.StatusRef{URI: uri, Index: int(i)}, Issued: now, Until: now.AddDate(0, 1, 0),
					},
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	_, err := s.PutEnding(ctx, casework.Ending{
		ID: largeEnding, By: "synthetic", Reason: issuance.ReasonKeyCompromise, Scope: casework.ScopeKey, Item: largeKey,
		Bulk: casework.Bulk{Total: largeCount}, State: casework.StatePlanned, Created: now, Runs: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
