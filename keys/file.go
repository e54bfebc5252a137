package keys

import (
	"context"
	"crypto"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"justice-wallet/pkg/pemfile"
)

// The file provider keeps each key in <id>.key.json, mode 0600, in a directory of mode 0700. The private half is sealed
// with XChaCha20-Poly1305 under an argon2id key; id and purpose are sealed with it, so that files cannot be swapped. The
// file of a key that another Provider holds has its name and reference instead.

const (
	fileSuffix  = ".key.json"
	maxFile     = 64 << 10
	saltSize    = 16
	sealVersion = 1
	maxChain    = 3 // a leaf and two authorities between it and its root
)

// argon2id parameters for new files (RFC 9106 §4, second recommendation), and the bounds of those we read.
const (
	argonTime, argonMemory, argonThreads = 3, 64 << 10, 4   // DefaultCost
	leastMemory, mostMemory              = 8 << 10, 1 << 20 // KiB
	mostTime, mostThreads                = 16, 16
)

type keyFile struct {
	Version      int       `json:"version"`
	ID           string    `json:"id"`
	Purpose      Purpose   `json:"purpose"`
	State        State     `json:"state"`
	Created      time.Time `json:"created"`
	Certificates string    `json:"certificates,omitempty"` // PEM
	Sealed       *sealed   `json:"sealed,omitempty"`
	Provider     string    `json:"provider,omitempty"`
	Reference    string    `json:"reference,omitempty"`
}

type sealed struct {
	Time       uint32 `json:"time"`
	Memory     uint32 `json:"memoryKiB"`
	Threads    uint8  `json:"threads"`
	Salt       []byte `json:"salt"`
	Nonce      []byte `json:"nonce"`
	Ciphertext []byte `json:"ciphertext"` // of PKCS #8
}

// Cost is what it takes to try one passphrase on a file: passes over so much memory (KiB), on so many processors (argon2id).
type Cost struct {
	Time, Memory uint32
	Threads      uint8
}

// DefaultCost is the second recommendation of RFC 9106 §4.
func DefaultCost() Cost { return Cost{argonTime, argonMemory, argonThreads} }

// SealAt has the directory's new files cost another price. It is for keys that are thrown away: those of a test, of a drill.
func (d *Dir) SealAt(c Cost) { d.cost = c }

// Dir is a file provider. Safe for concurrent use.
type Dir struct {
	path       string
	passphrase []byte
	providers  []Provider
	cost       Cost
	salt       atomic.Pointer[[]byte] // of the files that this Dir seals: that of the first it opened, so that one derivation opens them all
	derived    sync.Map               // of cipher.AEAD, by salt and parameters
	opened     sync.Map               // of openedKey, by the file's name
}

// OpenDir returns the provider at path, and opens the keys there that others hold. The directory must exist, and be no one
// else's to read. The passphrase may be empty when no key's private half is in its file.
func OpenDir(path string, passphrase []byte, others ...Provider) (*Dir, error) {
	if len(passphrase) == 0 && len(others) == 0 {
		return nil, errors.New("open key directory: the passphrase is empty")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open key directory: %w", err)
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("open key directory %s: want a directory of mode 0700, have %v", path, info.Mode())
	}
	return &Dir{path: path, passphrase: passphrase, providers: others, cost: DefaultCost()}, nil
}

// Path returns where the directory is.
func (d *Dir) Path() string { return d.path }

// Ring reads and checks every key, as the directory's own book decides on it. All mistakes are reported at once, each with
// its file.
func (d *Dir) Ring(now time.Time) (*Ring, error) {
	all, err := d.Keys()
	if err != nil {
		return nil, err
	}
	return NewRing(now, all...)
}

// Keys reads every key, and what the directory's own book decided about it. A file that has not changed since it was read
// last is not opened again.
func (d *Dir) Keys() ([]Key, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("read key directory: %w", err)
	}
	book, err := d.Book()
	mistakes := []error{err}
	var all []Key
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), fileSuffix) {
			continue
		}
		k, err := d.read(e.Name())
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", e.Name(), err))
			continue
		}
		k.Status = book.Keys[k.ID]
		all = append(all, k)
	}
	return all, errors.Join(mistakes...)
}

func (d *Dir) read(name string) (Key, error) {
	path := filepath.Join(d.path, name)
	info, err := os.Lstat(path)
	if err != nil {
		return Key{}, err
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || info.Size() > maxFile {
		return Key{}, fmt.Errorf("want a file of mode 0600 and at most %d bytes, have %v and %d", maxFile, info.Mode(), info.Size())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Key{}, err
	}
	digest := sha256.Sum256(content)
	if k, ok := d.opened.Load(name); ok && k.(openedKey).digest == digest {
		return k.(openedKey).key, nil
	}
	k, err := d.unseal(content)
	if err == nil && name != k.ID+fileSuffix {
		err = errors.New("holds the key of another file")
	}
	if err != nil {
		return Key{}, err
	}
	d.opened.Store(name, openedKey{digest, k})
	return k, nil
}

// openedKey is a key and the digest of the file that it was read from: to open one costs 64 MiB and a tenth of a second.
type openedKey struct {
	digest [sha256.Size]byte
	key    Key
}

func (d *Dir) unseal(content []byte) (Key, error) {
	var f keyFile
	if err := json.Unmarshal(content, &f); err != nil || f.Version != sealVersion || (f.Sealed == nil) == (f.Provider == "") {
		return Key{}, errors.New("is damaged, or of another version")
	}
	signer, err := d.signer(f)
	if err != nil {
		return Key{}, err
	}
	chain, err := parseChain(f.Certificates)
	return Key{
		ID: f.ID, Purpose: f.Purpose, State: f.State, Created: f.Created, Signer: signer, Chain: chain, Provider: f.Provider, Reference: f.Reference,
	}, err
}

func (d *Dir) signer(f keyFile) (crypto.Signer, error) {
	if f.Sealed != nil {
		return d.private(f)
	}
	for _, p := range d.providers {
		if p.Name() == f.Provider {
			return p.Open(context.Background(), f.Purpose, f.Reference)
		}
	}
	return nil, fmt.Errorf("its provider %q is not configured", f.Provider)
}

func (d *Dir) private(f keyFile) (crypto.Signer, error) {
	aead, err := d.aead(*f.Sealed)
	if err != nil {
		return nil, err
	}
	pkcs8, err := aead.Open(nil, f.Sealed.Nonce, f.Sealed.Ciphertext, associated(f))
	if err != nil {
		return nil, errors.New("wrong passphrase, or the file was changed")
	}
	if d.cost == (Cost{f.Sealed.Time, f.Sealed.Memory, f.Sealed.Threads}) {
		d.salt.CompareAndSwap(nil, &f.Sealed.Salt)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return nil, errors.New("its private key cannot be read")
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("its private key cannot sign")
	}
	return signer, nil
}

// aead derives the sealing key, within bounds: a file must not make us spend a gigabyte, nor weaken the passphrase. What was
// derived once is kept, as the passphrase is.
func (d *Dir) aead(s sealed) (cipher.AEAD, error) {
	if s.Time < 1 || s.Time > mostTime || s.Memory < leastMemory || s.Memory > mostMemory || s.Threads < 1 || s.Threads > mostThreads ||
		len(s.Salt) != saltSize || len(s.Nonce) != chacha20poly1305.NonceSizeX {
		return nil, errors.New("its sealing parameters are out of bounds")
	}
	from := fmt.Sprint(s.Time, s.Memory, s.Threads, s.Salt)
	if derived, ok := d.derived.Load(from); ok {
		return derived.(cipher.AEAD), nil
	}
	derived, err := chacha20poly1305.NewX(argon2.IDKey(d.passphrase, s.Salt, s.Time, s.Memory, s.Threads, chacha20poly1305.KeySize))
	if err == nil {
		d.derived.Store(from, derived)
	}
	return derived, err
}

// associated is what is sealed with the private key: a file's id and purpose cannot be exchanged. State and certificates
// are public, and change over a key's life.
func associated(f keyFile) []byte {
	return []byte("justice-wallet key 1 " + f.ID + " " + string(f.Purpose))
}

// Save writes a key, whole or not at all. A key that is there already is replaced.
func (d *Dir) Save(k Key) error {
	f := keyFile{
		Version: sealVersion, ID: k.ID, Purpose: k.Purpose, State: k.State, Created: k.Created, Certificates: formatChain(k.Chain),
		Provider: k.Provider, Reference: k.Reference,
	}
	if f.Provider == "" {
		if err := d.seal(&f, k.Signer); err != nil {
			return fmt.Errorf("save key: %w", err)
		}
	}
	content, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	content = append(content, '\n')
	if err := replace(filepath.Join(d.path, k.ID+fileSuffix), content); err != nil {
		return err
	}
	k.Status = Status{} // the book's to say
	d.opened.Store(k.ID+fileSuffix, openedKey{sha256.Sum256(content), k})
	return nil
}

func (d *Dir) sealingSalt() []byte {
	fresh := make([]byte, saltSize)
	rand.Read(fresh) // never fails
	d.salt.CompareAndSwap(nil, &fresh)
	return *d.salt.Load()
}

func (d *Dir) seal(f *keyFile, signer crypto.Signer) error {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return fmt.Errorf("only a key made here can be sealed: %w", err)
	}
	if len(d.passphrase) == 0 {
		return errors.New("the passphrase is empty")
	}
	s := sealed{Time: d.cost.Time, Memory: d.cost.Memory, Threads: d.cost.Threads, Salt: d.sealingSalt(), Nonce: make([]byte, chacha20poly1305.NonceSizeX)}
	rand.Read(s.Nonce) // never fails
	aead, err := d.aead(s)
	if err != nil {
		return err
	}
	s.Ciphertext = aead.Seal(nil, s.Nonce, pkcs8, associated(*f))
	f.Sealed = &s
	return nil
}

// replace writes a file beside path, syncs it, and renames it.
func replace(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	defer os.Remove(temp.Name()) // gone already when all went well
	_, err = temp.Write(content)
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("save key: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func formatChain(chain []*x509.Certificate) string {
	var out strings.Builder
	for _, cert := range chain {
		out.WriteString(pemfile.Certificate(cert))
	}
	return out.String()
}

// parseChain reads the certificates of a key file; a key for JWT has none.
func parseChain(text string) ([]*x509.Certificate, error) {
	if text == "" {
		return nil, nil
	}
	return pemfile.Certificates([]byte(text), maxChain)
}
