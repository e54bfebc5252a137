package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
)

// rehearsal is a ceremony on keys that are thrown away, by a clock of its own.
type rehearsal struct {
	custodian keys.Custodian
	at        time.Time
	stdout    io.Writer
	failed    error
}

// drill rehearses the life of keys, from the ceremony to a stolen one, and prints what happened. It fails when anything did
// not hold.
func drill(stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "keys-drill-")
	if err != nil {
		return err
	}
	r := &rehearsal{at: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), stdout: stdout}
	return errors.Join(r.play(filepath.Join(dir, "ring")), os.RemoveAll(dir))
}

func (r *rehearsal) play(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	dir, err := keys.OpenDir(path, []byte(rand.Text()))
	if err != nil {
		return err
	}
	dir.SealAt(keys.Cost{Time: 1, Memory: 8 << 10, Threads: 1})
	log, err := audit.OpenFile(filepath.Join(path, "audit.log"))
	if err != nil {
		return err
	}
	now := func() time.Time { return r.at }
	make := func(_ context.Context, p keys.Purpose, at time.Time) (keys.Key, error) { return keys.NewKey(p, at) }
	r.custodian = keys.Custodian{Dir: dir, Make: make, Audit: log, Now: now, By: "drill"}
	for _, act := range []func() error{r.ceremony, r.rotation, r.compromise, r.root, func() error { return r.record(path) }} {
		if err := act(); err != nil {
			return errors.Join(err, log.Close())
		}
	}
	return errors.Join(r.failed, log.Close())
}

// saw prints a step, and whether it held.
func (r *rehearsal) saw(held bool, format string, args ...any) {
	word := "held  "
	if !held {
		word = "FAILED"
		r.failed = errors.New("the drill did not hold")
	}
	fmt.Fprintf(r.stdout, "%s  %s  %s\n", r.at.Format("2006-01-02 15:04"), word, fmt.Sprintf(format, args...))
}

func (r *rehearsal) ring() *keys.Ring {
	ring, err := r.custodian.Dir.Ring(r.at)
	if err != nil {
		r.saw(false, "the keys do not go together: %v", err)
	}
	return ring
}

func (r *rehearsal) ceremony() error {
	a := keys.Authority{Name: "Drill IACA", URL: "https://issuer.invalid", CRL: "https://issuer.invalid/crl", Country: "GB"}
	all, err := keys.Generate(a, r.at)
	if err != nil {
		return err
	}
	for _, k := range all {
		if err := r.custodian.Dir.Save(k); err != nil {
			return err
		}
	}
	other, err := keys.OpenDir(r.custodian.Dir.Path(), []byte("another passphrase"))
	if err != nil {
		return err
	}
	_, err = other.Keys()
	r.saw(err != nil, "with another passphrase nothing opens")
	r.saw(len(r.ring().All()) == len(all), "%d keys, all active", len(all))
	return nil
}

// signed is something a document signer signed, and what a verifier has of it.
type signed struct {
	key       keys.Key
	signature []byte
}

var message = []byte("a document that is worth nothing")

func (r *rehearsal) sign() (signed, error) {
	k, err := r.ring().Active(keys.PurposeDocument)
	if err != nil {
		return signed{}, err
	}
	signature, err := k.Sign(message)
	return signed{k, signature}, err
}

// verifies looks at a signature as a verifier does that trusts the roots listed now, and reads their revocation lists.
func (r *rehearsal) verifies(s signed) bool {
	digest := sha256.Sum256(message)
	public := s.key.Chain[0].PublicKey.(*ecdsa.PublicKey)
	if !ecdsa.Verify(public, digest[:], new(big.Int).SetBytes(s.signature[:32]), new(big.Int).SetBytes(s.signature[32:])) {
		return false
	}
	ring := r.ring()
	for _, root := range ring.Published(keys.PurposeIACA) {
		pool := x509.NewCertPool()
		pool.AddCert(root.Chain[0])
		_, err := s.key.Chain[0].Verify(x509.VerifyOptions{Roots: pool, CurrentTime: r.at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		if err == nil && !listed(root, ring, s.key, r.at) {
			return true
		}
	}
	return false
}

func listed(root keys.Key, ring *keys.Ring, k keys.Key, at time.Time) bool {
	list, err := keys.CRL(root, ring.All(), at)
	if err != nil {
		return true
	}
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(k.Chain[0].SerialNumber) == 0 {
			return true
		}
	}
	return false
}

func (r *rehearsal) rotation() error {
	before, err := r.sign()
	if err != nil {
		return err
	}
	next, err := r.custodian.Rotate(context.Background(), keys.PurposeDocument, 24*time.Hour, 400*24*time.Hour)
	if err != nil {
		return err
	}
	during, err := r.sign()
	r.saw(err == nil && during.key.ID == before.key.ID, "a new document signer is there, and does not sign yet")
	_, err = next.Sign(message)
	r.saw(err != nil, "asked to, it refuses")
	r.at = r.at.Add(24 * time.Hour)
	after, err := r.sign()
	r.saw(err == nil && after.key.ID == next.ID, "a day later it signs")
	r.saw(r.verifies(before) && r.verifies(during) && r.verifies(after), "what was signed before, meanwhile and after verifies")
	return nil
}

func (r *rehearsal) compromise() error {
	stolen, err := r.sign()
	if err != nil {
		return err
	}
	r.at = r.at.Add(time.Hour)
	if _, err := r.custodian.Revoke(context.Background(), stolen.key.ID, keys.ReasonCompromised, true); err != nil {
		return err
	}
	fresh, err := r.sign()
	r.saw(err == nil && fresh.key.ID != stolen.key.ID, "the signer is stolen: revoked and replaced, by one command")
	r.saw(!r.verifies(stolen), "its certificate is on the revocation list, and what it signed is refused")
	r.saw(r.verifies(fresh), "what the new one signs verifies")
	k, _ := r.ring().ByID(stolen.key.ID)
	_, err = k.Sign(message)
	r.saw(err != nil, "the stolen one signs no more here")
	return nil
}

func (r *rehearsal) root() error {
	before, err := r.sign()
	if err != nil {
		return err
	}
	root, err := r.custodian.Rotate(context.Background(), keys.PurposeIACA, 30*24*time.Hour, 400*24*time.Hour)
	if err != nil {
		return err
	}
	r.saw(len(root.Chain) == 2 && len(keys.IACAs(r.ring()).Data) == 2, "a new root is listed beside the old one, which vouches for it")
	r.at = r.at.Add(31 * 24 * time.Hour)
	r.saw(r.verifies(before), "under the old root, what was signed verifies after the switch")
	gone, err := r.custodian.Revoke(context.Background(), root.ID, keys.ReasonCompromised, true)
	if err != nil {
		return err
	}
	last, err := r.sign()
	r.saw(err == nil && len(gone) == 1, "the new root is stolen: %d key revoked, and another root made", len(gone))
	r.saw(err == nil && r.verifies(last), "the signers of the old root sign on")
	return nil
}

// record reads back what was written down.
func (r *rehearsal) record(path string) error {
	file, err := os.Open(filepath.Join(path, "audit.log"))
	if err != nil {
		return err
	}
	n, err := audit.Verify(file)
	r.saw(err == nil && n == 4, "%d acts were written down, and the log holds together", n)
	return file.Close()
}
