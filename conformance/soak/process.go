package soak

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// process is a program that this package started; nothing else is ever ended.
type process struct {
	name    string
	command *exec.Cmd
	done    chan struct{} // closed when it has ended
	log     *tail
}

// start runs a program with exactly the environment env.
func start(name string, env []string, program string, args ...string) (*process, error) {
	p := &process{name: name, command: exec.Command(program, args...), done: make(chan struct{}), log: &tail{}}
	p.command.Env = env
	p.command.Stdout, p.command.Stderr = p.log, p.log
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		_ = p.command.Wait() // how it ended is seen in what follows
		close(p.done)
	}()
	return p, nil
}

// kill ends it as a loss of power would, and waits until it has.
func (p *process) kill() {
	if p == nil {
		return
	}
	_ = p.command.Process.Kill() // it may have ended already
	<-p.done
}

// pause stops it where it is, as a machine that stalls does.
func (p *process) pause() error { return p.command.Process.Signal(syscall.SIGSTOP) }

func (p *process) resume() error { return p.command.Process.Signal(syscall.SIGCONT) }

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// tail keeps the end of what a program said.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const mostTail = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - mostTail; over > 0 {
		t.text = bytes.Clone(t.text[over:])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// environment is what every program here is given beside its own: no proxy, no home, nothing of ours.
func environment(vars ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH")}, vars...)
}
