package soak

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
)

// primaries is the least that a Redis Cluster has.
const primaries = 3

// cluster is a Redis Cluster on loopback: the primaries, and after them a replica of each.
type cluster struct {
	nodes []*redis
	bus   []string
}

// newCluster starts one, and waits until it is whole.
func newCluster(dir string) (*cluster, error) {
	c := &cluster{}
	for n := range 2 * primaries {
		bus, err := freePort()
		if err != nil {
			return c, err
		}
		r, err := newRedis(filepath.Join(dir, fmt.Sprintf("node-%d", n)), "", "--cluster-enabled", "yes", "--cluster-port", bus,
			"--cluster-node-timeout", "2000", "--cluster-replica-no-failover", "yes")
		if r != nil {
			c.nodes, c.bus = append(c.nodes, r), append(c.bus, bus)
		}
		if err != nil {
			return c, err
		}
	}
	return c, c.join()
}

// join gives each primary a third of the slots, has all meet, and gives each primary its replica.
func (c *cluster) join() error {
	const slots = 16384
	for n := range primaries {
		from, to := n*slots/primaries, (n+1)*slots/primaries-1
		if _, err := c.nodes[n].do("CLUSTER", "ADDSLOTSRANGE", fmt.Sprint(from), fmt.Sprint(to)); err != nil {
			return err
		}
	}
	for n, node := range c.nodes[1:] {
		if _, err := c.nodes[0].do("CLUSTER", "MEET", "127.0.0.1", node.port, c.bus[n+1]); err != nil {
			return err
		}
	}
	if err := eventually("all know all", func() error { return c.all("cluster_known_nodes:6") }); err != nil {
		return err
	}
	for n := range primaries {
		id, err := c.nodes[n].do("CLUSTER", "MYID")
		if err != nil {
			return err
		}
		replicate := func() error { _, err := c.nodes[n+primaries].do("CLUSTER", "REPLICATE", id); return err }
		if err := eventually("the replica takes its primary", replicate); err != nil {
			return err
		}
		if err := eventually("the replica is in step", c.nodes[n+primaries].inStep); err != nil {
			return err
		}
	}
	return eventually("the cluster is whole", func() error { return c.all("cluster_state:ok") })
}

func (c *cluster) all(want string) error {
	for _, node := range c.nodes {
		info, err := node.do("CLUSTER", "INFO")
		if err != nil || !strings.Contains(info, want) {
			return errors.Join(fmt.Errorf("%s is not so of all", want), err)
		}
	}
	return nil
}

// url names every node.
func (c *cluster) url() string {
	var rest []string
	for _, node := range c.nodes[1:] {
		rest = append(rest, "addr="+net.JoinHostPort("127.0.0.1", node.port))
	}
	return "cluster+redis://" + c.nodes[0].address() + "?" + strings.Join(rest, "&")
}

func (c *cluster) kill() {
	for _, node := range c.nodes {
		node.kill()
	}
}

// clusterFailOver has a replica take over that lacks what its primary acknowledged last. The primary comes back, and finds
// that it is a replica now.
func (w *World) clusterFailOver() error {
	n := w.rand.IntN(primaries)
	old, replica := w.cluster.nodes[n], w.cluster.nodes[n+primaries]
	if err := eventually("the replica is in step", replica.inStep); err != nil {
		return err
	}
	for _, command := range [][]string{{"ACL", "SETUSER", "default", "-psync", "-sync"}, {"CLIENT", "KILL", "TYPE", "replica"}} {
		if _, err := old.do(command...); err != nil { // from here on, it misses everything
			return err
		}
	}
	_, before := w.oracle.acknowledged()
	w.wait(100, 250)
	old.kill()
	_, after := w.oracle.acknowledged()
	w.Counts.add(kills, 1)
	w.Counts.add(failovers, 1)
	w.Counts.add(behind, after-before)
	if _, err := replica.do("CLUSTER", "FAILOVER", "TAKEOVER"); err != nil {
		return err
	}
	w.wait(50, 300)
	if err := old.start(); err != nil {
		return err
	}
	w.cluster.nodes[n], w.cluster.nodes[n+primaries] = replica, old
	if err := eventually("the old primary is a replica, in step", old.inStep); err != nil {
		info, _ := old.do("INFO", "replication")
		nodes, _ := old.do("CLUSTER", "NODES")
		return fmt.Errorf("%w\n%s\n%s\n%s", err, info, nodes, old.log)
	}
	return nil
}
