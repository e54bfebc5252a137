package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
)

// masters is how many servers a cluster has: the fewest that Redis calls one.
const masters = 3

// slots is how many parts a Redis Cluster divides its keys into.
const slots = 16384

// StartCluster starts a Redis Cluster of three masters, and returns their addresses.
func StartCluster(t testing.TB) (addresses []string) {
	t.Helper()
	nodes := make([]*node, masters)
	for i := range nodes {
		bus := freePort(t)
		r := NewRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		addresses = append(addresses, net.JoinHostPort("127.0.0.1", r.port))
		n, err := dialNode(addresses[i])
		if err != nil {
			t.Fatalf("start a redis cluster: %v", err)
		}
		defer n.Close() //nolint:errcheck // nothing is left to be written
		nodes[i] = n
		steps := []string{
			fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1),
			fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", slots*i/masters, slots*(i+1)/masters-1),
		}
		if i > 0 {
			steps = append(steps, "CLUSTER MEET 127.0.0.1 "+nodes[0].port+" "+nodes[0].bus)
		}
		n.port, n.bus = r.port, bus
		for _, step := range steps {
			if _, err := n.ask(step); err != nil {
				t.Fatalf("start a redis cluster: %s: %v", step, err)
			}
		}
	}
	for _, n := range nodes {
		if err := n.becomeWhole(); err != nil {
			t.Fatalf("start a redis cluster: %v", err)
		}
	}
	return addresses
}

// node is a connection to one server of a cluster.
type node struct {
	net.Conn
	answers   *bufio.Reader
	port, bus string
}

func dialNode(address string) (*node, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &node{Conn: conn, answers: bufio.NewReader(conn)}, nil
}

// ask sends one command and returns its answer, a line or a text.
func (n *node) ask(command string) (string, error) {
	if _, err := fmt.Fprint(n, command+"\r\n"); err != nil {
		return "", err
	}
	line, err := n.answers.ReadString('\n')
	if err != nil {
		return "", err
	}
	var size int
	if _, err := fmt.Sscanf(line, "$%d", &size); err != nil {
		if strings.HasPrefix(line, "-") {
			return "", errors.New(line)
		}
		return line, nil
	}
	text := make([]byte, size+len("\r\n"))
	for read := 0; read < len(text); {
		m, err := n.answers.Read(text[read:])
		if err != nil {
			return "", err
		}
		read += m
	}
	return string(text), nil
}

// becomeWhole waits until the server answers for every slot and knows the others, a few seconds after it starts.
func (n *node) becomeWhole() error {
	for {
		info, err := n.ask("CLUSTER INFO")
		if err != nil {
			return err
		}
		if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_size:%d", masters)) {
			return nil
		}
		// WAIT lets the server pass the time between two looks; there is no replica to wait for.
		if _, err := n.ask("WAIT 1 20"); err != nil {
			return err
		}
	}
}
