package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"justice-wallet/conformance/listwatch"
)

// World is the programs among what can go wrong with them.
type World struct {
	dir      string
	pace     Pace
	programs programs
	shim     string
	made     int // directories of servers

	redis     *redis
	cluster   *cluster  // in its place
	store     *proxy    // from the issuer to Redis
	front     *proxy    // from everyone to the issuer
	issuers   []*issuer // of one Redis, each with a journal of its own; front leads to one
	verifier  *process
	checks    string // the verifier's address
	publisher *publisher

	lists   []string
	watch   *listwatch.Watcher
	oracle  *oracle
	clients []*client
	rand    *rand.Rand

	Counts Counts
	seen   sync.Map // slot: when the outside checker first saw it ended
	judged sync.Map // slot: the verifier said that it ended
	told   sync.Map // slot: a violation of it was noted

	forgot    bool // in the round before, Redis lost what it had acknowledged
	forgetful bool // Redis lost what it had acknowledged, in this round or the one before

	mu         sync.Mutex
	violations []string
}

// issuerCount is enough for one to publish and another to take over.
const issuerCount = 2

// clientCount bounds how much is asked at once; each is answered 100 times a second.
const clientCount = 4

// NewWorld builds the programs and starts them in dir. The same seed makes the same chances.
func NewWorld(dir string, seed uint64, p Pace) (*World, error) {
	w := &World{dir: dir, pace: p, rand: rand.New(rand.NewPCG(seed, seed))}
	return w, w.open()
}

func (w *World) open() error {
	var err error
	if w.programs, err = build(w.dir); err != nil {
		return err
	}
	if w.shim, err = buildShim(w.dir); err != nil {
		return err
	}
	store, err := w.openStore()
	if err != nil {
		return err
	}
	if w.front, err = newProxy(""); err != nil {
		return err
	}
	if w.oracle, err = openOracle(filepath.Join(w.dir, "oracle")); err != nil {
		return err
	}
	url := "http://" + w.front.address()
	clients, err := w.register(url)
	if err != nil {
		return err
	}
	ring := filepath.Join(w.dir, "ring")
	if err := makeRing(ring, url); err != nil {
		return err
	}
	for n := range issuerCount {
		dir := filepath.Join(w.dir, fmt.Sprintf("issuer-%d", n+1))
		i, err := newIssuer(w.programs.issuer, dir, url, store, ring, clients, w.pace)
		if err != nil {
			return err
		}
		w.issuers = append(w.issuers, i)
	}
	if err := w.startIssuers(); err != nil {
		return err
	}
	return w.openReaders(url)
}

// openStore starts Redis, and returns the URL at which the issuers find it.
func (w *World) openStore() (url string, err error) {
	if w.pace.Cluster {
		if w.cluster, err = newCluster(w.dir); err != nil {
			return "", err
		}
		return w.cluster.url(), nil
	}
	if w.redis, err = w.newRedis(); err != nil {
		return "", err
	}
	if w.store, err = newProxy(w.redis.address()); err != nil {
		return "", err
	}
	return "redis://" + w.store.address(), nil
}

func (w *World) newRedis(settings ...string) (*redis, error) {
	w.made++
	return newRedis(filepath.Join(w.dir, fmt.Sprintf("redis-%d", w.made)), w.shim, settings...)
}

// register makes the clients, and the file that names them.
func (w *World) register(url string) (path string, err error) {
	var entries []any
	for n := range clientCount {
		c, err := newClient(fmt.Sprintf("client-%d", n), url, w.oracle)
		if err != nil {
			return "", err
		}
		w.clients, entries = append(w.clients, c), append(entries, c.registered())
	}
	text, err := json.Marshal(map[string]any{"clients": entries})
	if err != nil {
		return "", err
	}
	path = filepath.Join(w.dir, "clients.json")
	return path, os.WriteFile(path, text, 0o600)
}

func (w *World) openReaders(url string) error {
	var err error
	if w.lists, err = w.issuers[0].lists(); err != nil {
		return err
	}
	if w.publisher, err = newPublisher(); err != nil {
		return err
	}
	if w.verifier, w.checks, err = newVerifier(w.programs.verifier, w.dir, url, w.lists, w.publisher, "VERIFIER_STATUS_MAX_AGE="+w.pace.MaxAge.String()); err != nil {
		return err
	}
	w.watch, err = listwatch.New(listwatch.Options{
		Keys: url + "/.well-known/jwks.json", State: filepath.Join(w.dir, "seen.json"), Now: time.Now,
	})
	return err
}

// startIssuers starts those that have ended, leads everyone to one of them, and waits until all are ready.
func (w *World) startIssuers() error {
	for _, i := range w.issuers {
		if i.process == nil || i.ended() {
			if err := i.start(""); err != nil {
				return err
			}
		}
	}
	w.front.lead(w.anyIssuer().address())
	return w.ready()
}

func (w *World) anyIssuer() *issuer { return w.issuers[w.rand.IntN(len(w.issuers))] }

// ready waits until every issuer says that it is.
func (w *World) ready() error {
	for _, i := range w.issuers {
		err := eventually("the issuer is ready", func() error {
			if i.ended() {
				return errGone
			}
			return answers(context.Background(), "http://"+i.address()+"/readyz")
		})
		if err != nil {
			return fmt.Errorf("%w\n%s", err, i.log)
		}
	}
	return nil
}

// Close ends everything that the world started, and nothing else.
func (w *World) Close() {
	w.verifier.kill()
	for _, i := range w.issuers {
		i.process.kill()
	}
	if w.redis != nil {
		w.redis.kill()
	}
	if w.cluster != nil {
		w.cluster.kill()
	}
	for _, p := range []*proxy{w.store, w.front} {
		if p != nil {
			p.close()
		}
	}
	if w.publisher != nil {
		_ = w.publisher.server.Close() // nobody waits for it
	}
}
