package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"justice-wallet/issuer"
	"justice-wallet/keys"
	"justice-wallet/keys/providers"
	"justice-wallet/pkg/audit"
	"justice-wallet/pkg/config"
	"justice-wallet/pkg/faultpoint"
	"justice-wallet/pkg/nocore"
	"justice-wallet/pkg/store/durable"
	"justice-wallet/pkg/store/memstore"
	"justice-wallet/pkg/store/redisstore"
)

// settings is what only this command needs to know.
type settings struct {
	keysDir   string // KEYS_DIR
	keys      providers.Config
	auditFile string // AUDIT_FILE
	redis     string // REDIS_URL; "memory" forgets everything at the end
	forgetful bool   // REDIS_MAY_FORGET: accept a Redis that does not keep what it acknowledged, and no journal
	replicas  int    // REDIS_REPLICAS: how many of Redis's replicas must have a change before it is acknowledged (0)
	journal   string // JOURNAL_FILE: what of status lists must outlive Redis; one of this process's own
	accept    bool   // JOURNAL_ACCEPT_STORE: take up a Redis that began its lists anew; wait for no other journal (false)
}

// run reads the configuration, all mistakes at once, and serves until ctx ends. With -health it asks its own /readyz.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	if err := nocore.Forbid(); err != nil { // private keys are in memory
		return err
	}
	r := config.NewReader(getenv)
	c := issuer.ReadConfig(r)
	if len(args) == 1 && args[0] == "-health" {
		return health(ctx, c.Addr)
	}
	s := settings{
		keysDir: r.Required("KEYS_DIR"), keys: providers.Read(r), auditFile: r.Required("AUDIT_FILE"),
		redis: r.Required("REDIS_URL"), forgetful: r.Bool("REDIS_MAY_FORGET", false),
		replicas: r.Int("REDIS_REPLICAS", 0, 0, 8), journal: r.String("JOURNAL_FILE", ""), accept: r.Bool("JOURNAL_ACCEPT_STORE", false),
	}
	if s.redis != "memory" && s.journal == "" && !s.forgetful {
		r.Mistake("JOURNAL_FILE", "is needed with a Redis")
	}
	if err := r.Err(); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	deps, closeAll, err := open(ctx, c, s, log)
	if err != nil {
		return err
	}
	service, err := issuer.New(c, deps)
	if err != nil {
		return errors.Join(err, closeAll())
	}
	ln, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), closeAll())
	}
	log.Info("listening", slog.String("address", ln.Addr().String()))
	return errors.Join(serve(ctx, service, c.StatusTick, ln), closeAll())
}

func serve(ctx context.Context, service *issuer.Issuer, tick time.Duration, ln net.Listener) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	ctx, stop := context.WithCancel(ctx)
	published := make(chan struct{})
	go func() {
		service.Run(ctx, ticker.C)
		close(published)
	}()
	err := service.Serve(ctx, ln)
	stop()
	<-published
	return err
}

// auditWait is how long an act waits for the audit log, without which there is no act.
const auditWait = 2 * time.Second

// open opens what the service leans on: keys, audit log, store.
func open(ctx context.Context, c issuer.Config, s settings, log *slog.Logger) (issuer.Deps, func() error, error) {
	deps := issuer.Deps{Now: faultpoint.Clock(time.Now), Rand: rand.Reader, Log: log}
	file, err := audit.OpenFile(s.auditFile)
	if err != nil {
		return deps, nil, err
	}
	if file.Cut() > 0 {
		cut := audit.Event{What: "audit.cut", When: deps.Now(), Who: "issuer", Details: map[string]string{"bytes": strconv.FormatInt(file.Cut(), 10)}}
		if err := file.Record(ctx, cut); err != nil {
			return deps, nil, errors.Join(err, file.Close())
		}
	}
	deps.Audit = audit.Bound(file, auditWait)
	closeStore, err := openStore(&deps, c, s)
	if err != nil {
		return deps, nil, errors.Join(err, file.Close())
	}
	closeKeys, err := openKeys(ctx, &deps, s)
	if err != nil {
		return deps, nil, errors.Join(fmt.Errorf("open keys: %w", err), closeStore(), file.Close())
	}
	return deps, func() error { return errors.Join(closeKeys(), closeStore(), file.Close()) }, nil
}

// openKeys opens the keys, wherever they are. It starts without a provider that is away, and not with a key that is not
// what it should be.
func openKeys(ctx context.Context, deps *issuer.Deps, s settings) (func() error, error) {
	var others []keys.Provider
	closeKeys := func() error { return nil }
	provider, err := providers.Open(ctx, s.keys, deps.Now)
	if err != nil {
		return nil, err
	}
	if provider != nil {
		others, closeKeys = []keys.Provider{provider}, provider.Close
	}
	dir, err := keys.OpenDir(s.keysDir, []byte(s.keys.Passphrase), others...)
	if err != nil {
		return nil, errors.Join(err, closeKeys())
	}
	deps.Ring, err = keys.OpenLive(ctx, keys.LiveOptions{Source: dir, Books: deps.Store, Audit: deps.Audit, Now: deps.Now, Log: deps.Log})
	if err == nil {
		err = providers.Check(ctx, deps.Ring.All(), deps.Log)
	}
	if err != nil {
		return nil, errors.Join(err, closeKeys())
	}
	return closeKeys, nil
}

func openStore(deps *issuer.Deps, c issuer.Config, s settings) (func() error, error) {
	if s.redis == "memory" {
		deps.Store = memstore.New(deps.Now)
		deps.Ready = func(context.Context) error { return nil }
		return func() error { return nil }, nil
	}
	client, err := redisstore.Dial(s.redis)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	store, err := redisstore.New(client, redisstore.Config{IndexKey: c.IndexKey(), Now: deps.Now, Replicas: s.replicas})
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	if s.forgetful && s.journal == "" {
		deps.Store, deps.Ready = store, store.Ping
		return client.Close, nil
	}
	lists, err := durable.Open(durable.Options{Store: store, Path: s.journal, Now: deps.Now, Rand: deps.Rand, Log: deps.Log, Accept: s.accept})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("JOURNAL_FILE: %w", err), client.Close())
	}
	deps.Store = journalled{inRedis{store}, lists}
	deps.Ready = func(ctx context.Context) error {
		check := store.CheckDurable
		if s.forgetful {
			check = store.Ping
		}
		return errors.Join(check(ctx), lists.Settle(ctx))
	}
	return func() error { return errors.Join(client.Close(), lists.Close()) }, nil
}

// journalled is a store whose status lists stand behind a journal: the methods of Lists hide those of the store, which is
// one level further down.
type journalled struct {
	inRedis
	*durable.Lists
}

type inRedis struct{ *redisstore.Store }

// health asks the service at addr whether it is ready.
func health(ctx context.Context, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("ISSUER_ADDR: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/readyz", nil)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: 3 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %d", response.StatusCode)
	}
	return nil
}
