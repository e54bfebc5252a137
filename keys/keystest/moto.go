package keystest

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"justice-wallet/keys/kms"
)

// motoHome is where conformance/tools.sh installs moto, under the user's cache.
const motoHome = "justice-wallet/moto-5.2.5"

//go:embed moto/serve.py
var motoServe string

// Moto is a KMS on this machine: moto's, which signs with real keys.
type Moto struct {
	URL string

	program *exec.Cmd
	life    io.Closer // its standard input: it ends when this does, or we do
}

// StartMoto starts a KMS with no keys.
func StartMoto() (*Moto, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("start KMS: %w", err)
	}
	m := &Moto{program: exec.Command(filepath.Join(cache, motoHome, "bin", "python"), "-c", motoServe)}
	m.program.Stderr = os.Stderr
	if m.life, err = m.program.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start KMS: %w", err)
	}
	out, err := m.program.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start KMS: %w", err)
	}
	if err := m.program.Start(); err != nil {
		return nil, fmt.Errorf("start KMS: moto is not installed (run make tools): %w", err)
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start KMS: %w", err), m.Close())
	}
	m.URL = "http://127.0.0.1:" + strings.TrimSpace(port)
	return m, nil
}

// Options are how the provider finds it.
func (m *Moto) Options() kms.Options {
	return kms.Options{Region: "eu-west-2", Endpoint: m.URL, Credentials: credentials.NewStaticCredentialsProvider("synthetic", "synthetic", "")}
}

// Close ends it.
func (m *Moto) Close() error { return errors.Join(m.life.Close(), m.program.Wait()) }
