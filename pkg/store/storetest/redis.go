package storetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Redis is a real redis-server on a loopback port, which forgets nothing it acknowledged.
type Redis struct {
	URL string

	port    string
	dir     string
	process *exec.Cmd
}

// StartRedis starts a redis-server that is killed when the test ends, and returns its URL. A machine without
// redis-server fails the test.
func StartRedis(t testing.TB) (url string) {
	t.Helper()
	return NewRedis(t).URL
}

// NewRedis is StartRedis for a test that restarts it. settings are added to its command line, as "--name", "value".
func NewRedis(t testing.TB, settings ...string) *Redis {
	t.Helper()
	port := freePort(t)
	r := &Redis{URL: "redis://127.0.0.1:" + port + "/0", port: port, dir: t.TempDir()}
	r.start(t, settings)
	t.Cleanup(r.kill)
	return r
}

// Restart kills the server without warning and starts it again on what it wrote.
func (r *Redis) Restart(t testing.TB) {
	t.Helper()
	r.kill()
	r.start(t, nil)
}

// NewReplica starts a redis-server that copies r. It may take a moment until it has everything.
func (r *Redis) NewReplica(t testing.TB) *Redis {
	t.Helper()
	return NewRedis(t, "--replicaof", "127.0.0.1 "+r.port)
}

// StartSentinel starts a Sentinel that watches r, and returns its URL. It holds a server for lost after half a second.
func (r *Redis) StartSentinel(t testing.TB) (url string) {
	t.Helper()
	s := &Redis{port: freePort(t), dir: t.TempDir()}
	file := filepath.Join(s.dir, "sentinel.conf")
	config := fmt.Sprintf("bind 127.0.0.1\nport %s\ndir %s\nsentinel monitor primary 127.0.0.1 %s 1\nsentinel down-after-milliseconds primary 500\n", s.port, s.dir, r.port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, []string{file, "--sentinel"})
	t.Cleanup(s.kill)
	return "sentinel+redis://127.0.0.1:" + s.port + "?master_name=primary"
}

// Kill ends the server without warning.
func (r *Redis) Kill() { r.kill() }

// Pause has the server do nothing until Resume, without closing a connection.
func (r *Redis) Pause(t testing.TB) {
	t.Helper()
	r.signal(t, syscall.SIGSTOP)
}

// Resume has a server that was paused go on.
func (r *Redis) Resume(t testing.TB) {
	t.Helper()
	r.signal(t, syscall.SIGCONT)
}

func (r *Redis) signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := r.process.Process.Signal(s); err != nil {
		t.Fatalf("signal redis-server: %v", err)
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer l.Close() //nolint:errcheck // it never served
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	return port
}

func (r *Redis) start(t testing.TB, settings []string) {
	t.Helper()
	args := append([]string{
		"--bind", "127.0.0.1", "--port", r.port, "--dir", r.dir, "--save", "", "--appendonly", "yes",
		"--appendfsync", "always", "--aof-load-truncated", "no", "--maxmemory-policy", "noeviction",
		"--repl-diskless-sync-delay", "0", // a replica need not wait for others
	}, settings...)
	r.run(t, args)
}

// run starts a redis-server, whatever it is to be.
func (r *Redis) run(t testing.TB, args []string) {
	t.Helper()
	r.process = exec.Command("redis-server", args...)
	out, err := r.process.StdoutPipe()
	if err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	if err := r.process.Start(); err != nil {
		t.Fatalf("start redis-server, which these tests need: %v", err)
	}
	if err := waitReady(out); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
}

// waitReady reads the server's log until it says that it serves, and goes on emptying it afterwards.
func waitReady(log io.Reader) error {
	lines := bufio.NewScanner(log)
	var last string
	for lines.Scan() {
		last = lines.Text()
		if strings.Contains(last, "Ready to accept connections") || strings.Contains(last, "Sentinel ID is") {
			go io.Copy(io.Discard, log) //nolint:errcheck // ends with the server
			return nil
		}
	}
	return fmt.Errorf("it ended: %s", last)
}

func (r *Redis) kill() {
	r.process.Process.Kill() //nolint:errcheck // it may have ended already
	r.process.Wait()         //nolint:errcheck // it says that it was killed
}
