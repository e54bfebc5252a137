package soak

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"time"
)

// fault is one thing that goes wrong while there is load, and how it comes right again.
type fault struct {
	name   string
	weight int
	strike func(*World) error

	forgets bool // Redis comes back without what it had acknowledged
}

// points are the steps at which the issuer is killed (pkg/faultpoint).
var points = []string{
	"revoke.after_journal", "revoke.after_ack", "publish.after_lease", "publish.after_snapshot", "publish.after_token",
	"publish.after_sign", "publish.after_save", "publish.after_remember",
}

// faults are drawn from by their weight: of five hundred rounds, about 240 losses of power, 50 failovers, and more than a
// thousand kills.
var faults = []fault{
	{"redis killed", 24, (*World).killRedis, false},
	{"power lost by redis", 16, (*World).redisLosesPower, false},
	{"power lost", 8, (*World).losePower, false},
	{"issuer killed at a step", 14, (*World).killAtAStep, false},
	{"issuer killed", 12, (*World).killIssuer, false},
	{"everything killed", 8, (*World).killAll, false},
	{"failover that loses writes", 12, (*World).failOver, true},
	{"answers lost", 4, (*World).loseAnswers, false},
	{"append-only file cut short", 3, (*World).cutFile, true},
	{"redis emptied", 3, (*World).emptyRedis, true},
}

// clusterFaults are those of a Redis Cluster.
var clusterFaults = []fault{
	{"failover of a cluster that loses writes", 4, (*World).clusterFailOver, true},
	{"issuer killed", 1, (*World).killIssuer, false},
}

// Round has one fault whose name matches the regular expression only strike under load, and checks. "" is any.
func (w *World) Round(only string) error {
	f, err := w.draw(only)
	if err != nil {
		return err
	}
	before := len(w.Violations())
	w.forgetful = w.forgot || f.forgets
	w.forgot = f.forgets
	stop := w.load()
	w.wait(30, 150)
	err = f.strike(w)
	if err == nil {
		w.wait(20, 60)
	}
	stop()
	w.Counts.add(f.name, 1)
	w.Counts.add(rounds, 1)
	if err == nil {
		err = w.ready()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	w.check()
	if only != "" {
		w.checkVerdicts()
	}
	if len(w.Violations()) > before {
		w.violation("^ after: %s", f.name)
	}
	return nil
}

// draw chooses by weight.
func (w *World) draw(only string) (fault, error) {
	names, err := regexp.Compile(only)
	if err != nil {
		return fault{}, err
	}
	all, among := faults, []fault(nil)
	if w.cluster != nil {
		all = clusterFaults
	}
	for _, f := range all {
		for range f.weight {
			if names.MatchString(f.name) {
				among = append(among, f)
			}
		}
	}
	if len(among) == 0 {
		return fault{}, fmt.Errorf("no fault is called %q", only)
	}
	return among[w.rand.IntN(len(among))], nil
}

// wait lets the load go on for some milliseconds.
func (w *World) wait(least, most int) {
	time.Sleep(time.Duration(least+w.rand.IntN(most-least)) * time.Millisecond)
}

// again strikes a few times in a row, with a moment of load in between.
func (w *World) again(strike func() error) error {
	for range 1 + w.rand.IntN(4) {
		if err := strike(); err != nil {
			return err
		}
		w.wait(10, 60)
	}
	return nil
}

func (w *World) killRedis() error {
	return w.again(func() error {
		w.redis.kill()
		w.Counts.add(kills, 1)
		w.wait(1, 30)
		return w.redis.start()
	})
}

// killIssuer kills the one that answers; another takes over, as publisher too, while it starts again.
func (w *World) killIssuer() error {
	n := w.rand.IntN(len(w.issuers))
	w.front.lead(w.issuers[n].address())
	w.wait(10, 60)
	w.killIssuers(w.issuers[n])
	w.front.lead(w.issuers[(n+1)%len(w.issuers)].address())
	w.wait(1, 100)
	return w.startIssuers()
}

func (w *World) killIssuers(issuers ...*issuer) {
	for _, i := range issuers {
		i.kill()
		w.Counts.add(kills, 1)
	}
}

func (w *World) killAll() error {
	w.killIssuers(w.issuers...)
	w.redis.kill()
	w.Counts.add(kills, 1)
	if err := w.redis.start(); err != nil {
		return err
	}
	return w.startIssuers()
}

// killAtAStep has an issuer die at a step, which the load brings it to. The other is stopped meanwhile, so that the doomed
// one publishes, and goes on afterwards as if no time had passed.
func (w *World) killAtAStep() error {
	n := w.rand.IntN(len(w.issuers))
	doomed, other, point := w.issuers[n], w.issuers[(n+1)%len(w.issuers)], points[w.rand.IntN(len(points))]
	w.front.lead(other.address())
	w.killIssuers(doomed)
	if err := doomed.start(point + ":kill"); err != nil {
		return err
	}
	if err := eventually("it is ready, or dead", func() error {
		if doomed.ended() {
			return nil
		}
		return answers(context.Background(), "http://"+doomed.address()+"/readyz")
	}); err != nil {
		return fmt.Errorf("%w\n%s", err, doomed.log)
	}
	if err := other.pause(); err != nil {
		return err
	}
	w.front.lead(doomed.address())
	select {
	case <-doomed.done:
		w.Counts.add(kills, 1)
		w.Counts.add("killed at "+point, 1)
	case <-time.After(patient):
		return fmt.Errorf("it never came to %s\n%s", point, doomed.log)
	}
	if err := other.resume(); err != nil {
		return err
	}
	return w.startIssuers()
}

// loseAnswers executes what was asked of Redis, or of the issuer, and loses what it answers.
func (w *World) loseAnswers() error {
	for range 5 {
		w.store.loseAnswers(1 + w.rand.IntN(3))
		w.front.loseAnswers(w.rand.IntN(3))
		w.wait(10, 40)
	}
	w.store.loseAnswers(0)
	w.front.loseAnswers(0)
	return nil
}

// redisLosesPower takes from Redis's files what had not reached the disk, while the issuers live on.
func (w *World) redisLosesPower() error {
	return w.again(func() error {
		lost, err := w.redis.losePower()
		if err != nil {
			return err
		}
		w.lostPower(lost)
		return w.redis.start()
	})
}

func (w *World) lostPower(bytes int64) {
	w.Counts.add(kills, 1)
	w.Counts.add(powerLosses, 1)
	w.Counts.add(bytesLost, int(bytes))
}

// losePower ends everything at once, and takes from Redis's files and from the journals what had not reached the disk.
func (w *World) losePower() error {
	w.killIssuers(w.issuers...)
	lost, err := w.redis.losePower()
	if err != nil {
		return err
	}
	for _, i := range w.issuers {
		cut, err := cutToSynced(i.journal(), i.synced())
		if err != nil {
			return err
		}
		lost += cut
	}
	w.lostPower(lost)
	if err := w.redis.start(); err != nil {
		return err
	}
	return w.startIssuers()
}

// failOver promotes a replica that lacks what was acknowledged last, as Sentinel does when the link was down. The issuers
// find it by themselves.
func (w *World) failOver() error {
	link, err := newProxy(w.redis.address())
	if err != nil {
		return err
	}
	defer link.close()
	_, port, err := net.SplitHostPort(link.address())
	if err != nil {
		return err
	}
	replica, err := w.newRedis("--replicaof", "127.0.0.1 "+port)
	if err != nil {
		return err
	}
	if err := eventually("the replica is in step", replica.inStep); err != nil {
		replica.kill()
		return err
	}
	link.lead("") // from here on, it misses everything
	_, before := w.oracle.acknowledged()
	w.wait(60, 150)
	w.redis.kill()
	_, after := w.oracle.acknowledged()
	w.Counts.add(kills, 1)
	w.Counts.add(failovers, 1)
	w.Counts.add(behind, after-before)
	w.redis, replica.settings = replica, nil
	if _, err := replica.do("REPLICAOF", "NO", "ONE"); err != nil {
		return err
	}
	w.store.lead(replica.address())
	return nil
}

// cutFile cuts the append-only file short. Redis must refuse it; the operator repairs it, and what is lost comes back from
// the journals.
func (w *World) cutFile() error {
	w.redis.kill()
	w.Counts.add(kills, 1)
	if err := w.redis.cut(int64(7 + w.rand.IntN(2000))); err != nil {
		return err
	}
	err := w.redis.start()
	if err == nil {
		w.Counts.add("cuts at the end of a command", 1)
		return nil
	}
	if !errors.Is(err, errEnded) {
		return err
	}
	w.Counts.add("cut files refused", 1)
	if err := w.redis.repair(); err != nil {
		return err
	}
	return w.redis.start()
}

// emptyRedis takes everything that Redis kept. Half of the time the issuers are killed, too.
func (w *World) emptyRedis() error {
	if w.rand.IntN(2) == 0 {
		w.killIssuers(w.issuers...)
	}
	w.redis.kill()
	w.Counts.add(kills, 1)
	if err := w.redis.empty(); err != nil {
		return err
	}
	if err := w.redis.start(); err != nil {
		return err
	}
	return w.startIssuers()
}
