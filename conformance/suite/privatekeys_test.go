//go:build redis

package suite_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"justice-wallet/conformance/rig"
	"justice-wallet/keys"
	"justice-wallet/pkg/store/redisstore"
	"justice-wallet/pkg/store/storetest"
)

// spellings are the ways in which a private key may stand somewhere: as it is, in hexadecimal, and in base64 at any offset.
func spellings(private *ecdsa.PrivateKey) [][]byte {
	raw, err := private.Bytes()
	if err != nil {
		return nil
	}
	out := [][]byte{raw, []byte(hex.EncodeToString(raw)), []byte(strings.ToUpper(hex.EncodeToString(raw)))}
	for offset := range 3 {
		for _, coding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			text := coding.EncodeToString(append(make([]byte, offset), raw...))
			out = append(out, []byte(text[offset+1:len(text)-2])) // without the characters that its neighbours change
		}
	}
	return out
}

// finds says whether a private key stands in content, with line breaks or without.
func finds(content []byte, privates []*ecdsa.PrivateKey) bool {
	flat := bytes.ReplaceAll(content, []byte("\n"), nil)
	for _, private := range privates {
		for _, spelling := range spellings(private) {
			if bytes.Contains(content, spelling) || bytes.Contains(flat, spelling) {
				return true
			}
		}
	}
	return false
}

// lockedBuffer is a log that many write.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) content() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.Bytes())
}

// After a document, a rotation and a stolen key, with keys in files and everything else in Redis: no private key stands in a
// file, a log, a Redis value or the list of processes, nor does the passphrase in the last.
func TestPrivateKeysAreNowhere(t *testing.T) {
	url, log, dir := storetest.StartRedis(t), &lockedBuffer{}, t.TempDir()
	r := start(t, rig.Options{RedisURL: url, Dir: dir, KeysIn: "file", Log: log})
	w, ctx := newWallet(t, r), context.Background()
	h, err := w.Collect(ctx, offer(t, r, releaseOffer()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Custodian().Rotate(ctx, keys.PurposeCredential, 0, 0); err != nil {
		t.Fatal(err)
	}
	stolen, err := r.Ring.Active(keys.PurposeDocument)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Custodian().Revoke(ctx, stolen.ID, keys.ReasonCompromised, true); err != nil {
		t.Fatal(err)
	}
	for _, act := range []func(context.Context) error{r.Ring.Reload, r.Issuer.Work, r.Issuer.Publish} {
		if err := act(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wantVerdict(t, r, h, "not_valid")
	var privates []*ecdsa.PrivateKey
	for _, k := range r.Ring.All() {
		privates = append(privates, k.Signer.(*ecdsa.PrivateKey))
	}
	if len(privates) != 8 {
		t.Fatalf("%d keys to look for", len(privates))
	}
	wantSearchFinds(t, privates)
	if content := log.content(); len(content) == 0 || finds(content, privates) {
		t.Errorf("the log, of %d bytes", len(content))
	}
	if n := searchFiles(t, os.DirFS(dir), privates); n < 10 {
		t.Errorf("only %d files were looked at", n)
	}
	searchRedis(t, url, privates)
	searchProcesses(t, privates)
}

// wantSearchFinds plants keys where the search must find them.
func wantSearchFinds(t *testing.T, privates []*ecdsa.PrivateKey) {
	t.Helper()
	for _, private := range privates {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := private.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			"DER": der, "PEM": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "hexadecimal": []byte("x" + hex.EncodeToString(raw)),
			"JWK": []byte(`{"d":"` + base64.RawURLEncoding.EncodeToString(raw) + `"}`), "base64": []byte(base64.StdEncoding.EncodeToString(der)),
		} {
			if !finds(content, privates) {
				t.Errorf("a key in %s is not found", name)
			}
		}
	}
}

func searchFiles(t *testing.T, files fs.FS, privates []*ecdsa.PrivateKey) (n int) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if n++; err == nil && finds(content, privates) {
			t.Errorf("a private key in %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// searchRedis looks at every value as Redis would write it to disk, uncompressed.
func searchRedis(t *testing.T, url string, privates []*ecdsa.PrivateKey) {
	t.Helper()
	client, err := redisstore.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.ConfigSet(ctx, "rdbcompression", "no").Err(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for scan := client.Scan(ctx, 0, "*", 100).Iterator(); scan.Next(ctx); n++ {
		value, err := client.Dump(ctx, scan.Val()).Result()
		if err != nil && err != redis.Nil {
			t.Fatal(err)
		}
		if finds([]byte(scan.Val()+value), privates) {
			t.Errorf("a private key in %s", scan.Val())
		}
	}
	if n < 10 {
		t.Errorf("only %d values were looked at", n)
	}
}

// searchProcesses looks at the arguments of every process that may be looked at.
func searchProcesses(t *testing.T, privates []*ecdsa.PrivateKey) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v: no list of processes", err)
	}
	n := 0
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended, or is somebody else's
		}
		n++
		if finds(content, privates) || bytes.Contains(content, []byte("a rig's keys are worth nothing")) {
			t.Errorf("a secret in %s", name)
		}
	}
	if n == 0 {
		t.Error("no process was looked at")
	}
}

// No file of the repository holds a private key, but for those of published vectors.
func TestNoPrivateKeyIsInTheRepository(t *testing.T) {
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := strings.TrimSpace(string(top))
	listing, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name := range strings.SplitSeq(strings.TrimRight(string(listing), "\x00"), "\x00") {
		if strings.HasPrefix(name, "conformance/vectors/") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if n++; holdsPrivateKey(content) {
			t.Errorf("%s holds a private key", name)
		}
	}
	if n < 300 {
		t.Errorf("only %d files were looked at", n)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if !holdsPrivateKey(append([]byte("text\n"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)) {
		t.Error("one that is planted is not found")
	}
}

// holdsPrivateKey says whether there is PEM that can be read as a private key.
func holdsPrivateKey(content []byte) bool {
	for {
		block, rest := pem.Decode(content)
		if block == nil {
			return false
		}
		if parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			switch parsed.(type) {
			case *ecdsa.PrivateKey, *rsa.PrivateKey, ed25519.PrivateKey:
				return true
			}
		}
		_, ec := x509.ParseECPrivateKey(block.Bytes)
		_, pkcs1 := x509.ParsePKCS1PrivateKey(block.Bytes)
		if ec == nil || pkcs1 == nil || strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return true
		}
		content = rest
	}
}
