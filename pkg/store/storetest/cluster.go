package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
)

// StartCluster starts a Redis Cluster of one node, which holds every slot, and returns its address.
func StartCluster(t testing.TB) (address string) {
	t.Helper()
	r := NewRedis(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t))
	address = net.JoinHostPort("127.0.0.1", r.port)
	if err := becomeWhole(address); err != nil {
		t.Fatalf("start a redis cluster: %v", err)
	}
	return address
}

// becomeWhole gives the node every slot and waits until it answers for them, which it does two seconds after it starts.
func becomeWhole(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be written
	answers := bufio.NewScanner(conn)
	if _, err := fmt.Fprint(conn, "CLUSTER ADDSLOTSRANGE 0 16383\r\n"); err != nil {
		return err
	}
	for {
		// WAIT lets the server pass the time between two looks; there is no replica to wait for.
		if _, err := fmt.Fprint(conn, "CLUSTER INFO\r\nWAIT 1 20\r\n"); err != nil {
			return err
		}
		whole, err := readWhole(answers)
		if whole || err != nil {
			return err
		}
	}
}

func readWhole(answers *bufio.Scanner) (bool, error) {
	for answers.Scan() {
		switch line := answers.Text(); {
		case strings.HasPrefix(line, "-"):
			return false, fmt.Errorf("redis answered %s", line)
		case strings.HasPrefix(line, "cluster_state:"):
			return line == "cluster_state:ok", nil
		}
	}
	return false, errors.Join(errors.New("redis hung up"), answers.Err())
}
