package rig

import (
	"context"
	"fmt"
	"os"
	"time"

	"justice-wallet/keys/guard"
	"justice-wallet/keys/keystest"
	"justice-wallet/keys/kms"
	"justice-wallet/keys/pkcs11"
)

// openProvider starts the provider that KeysIn names, and has it end with the rig.
func (r *Rig) openProvider(ctx context.Context) error {
	switch r.options.KeysIn {
	case "", "file":
		return nil
	case pkcs11.Name:
		return r.openToken()
	case kms.Name:
		return r.openKMS(ctx)
	}
	return fmt.Errorf("keys of a rig are in file, pkcs11 or kms, not in %q", r.options.KeysIn)
}

// patient are bounds that a busy machine keeps.
func patient() guard.Options {
	o := guard.Defaults()
	o.Deadline = time.Minute
	return o
}

// openToken makes a token of SoftHSM2.
func (r *Rig) openToken() error {
	dir, err := os.MkdirTemp("", "justice-wallet-token-")
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() error { return os.RemoveAll(dir) })
	token, err := keystest.NewSoftHSM(dir)
	if err != nil {
		return err
	}
	o := token.Options()
	o.Bounds, o.Now = patient(), time.Now
	provider, err := pkcs11.New(o)
	if err != nil {
		return err
	}
	r.options.Keys, r.closers = provider, append(r.closers, provider.Close)
	return nil
}

// openKMS starts an emulator of AWS KMS.
func (r *Rig) openKMS(ctx context.Context) error {
	moto, err := keystest.StartMoto()
	if err != nil {
		return err
	}
	r.closers = append(r.closers, moto.Close)
	o := moto.Options()
	o.Bounds = patient()
	provider, err := kms.New(ctx, o)
	if err != nil {
		return err
	}
	r.options.Keys = provider
	return nil
}
