package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"justice-wallet/keys"
	"justice-wallet/pkg/audit"
)

// init makes a directory of keys. It touches none that is there already.
func (c *command) init() error {
	if c.name == "" || c.url == "" {
		return errors.New("init: want -name (of the authority) and -url (of the issuer)")
	}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	err := c.custodian(func(custodian keys.Custodian) error {
		all, err := c.generate(custodian)
		if err != nil {
			return err
		}
		for _, k := range all {
			event := audit.Event{What: "key.make", When: c.now(), Who: c.by, Subject: k.ID, Details: map[string]string{"purpose": string(k.Purpose), "state": string(k.State)}}
			if err := errors.Join(custodian.Audit.Record(context.Background(), event), custodian.Dir.Save(k)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.list()
}

func (c *command) generate(keys.Custodian) ([]keys.Key, error) {
	a := keys.Authority{Name: c.name, URL: c.url, CRL: c.url + "/crl", Country: "GB"}
	if c.provider != nil {
		return keys.GenerateIn(context.Background(), c.provider, a, c.now())
	}
	return keys.Generate(a, c.now())
}

// add makes the first key of a purpose, as a directory of an earlier version has none for letters. It is active at once.
func (c *command) add() error {
	purpose := keys.Purpose(c.purpose)
	if !slices.Contains([]keys.Purpose{keys.PurposeOffer, keys.PurposeCredential, keys.PurposeStatusList, keys.PurposeLetter}, purpose) {
		return errors.New("add: want -purpose offer, credential, status-list or letter")
	}
	ring, err := c.ring()
	if err != nil {
		return err
	}
	if _, err := ring.Active(purpose); err == nil {
		return fmt.Errorf("add: there is a %s key already (keys rotate)", purpose)
	}
	return c.first(purpose)
}

// first makes a key of a purpose that has none in use, and has it sign at once.
func (c *command) first(p keys.Purpose) error {
	err := c.custodian(func(custodian keys.Custodian) error {
		ctx := context.Background()
		k, err := custodian.Make(ctx, p, c.now())
		if err != nil {
			return err
		}
		if k, err = c.certify(k); err != nil {
			return err
		}
		if err := custodian.Dir.Save(k); err != nil {
			return err
		}
		return custodian.Activate(ctx, k)
	})
	if err != nil {
		return err
	}
	return c.list()
}

// certify gives the first key of a purpose its certificate, where it needs one.
func (c *command) certify(k keys.Key) (keys.Key, error) {
	switch k.Purpose {
	case keys.PurposeIACA:
		if c.name == "" || c.url == "" {
			return k, errors.New("root: there is none whose name it could take: want -name (of the authority) and -url (of the issuer)")
		}
		return keys.CertifyRoot(keys.Authority{Name: c.name, URL: c.url, CRL: c.url + "/crl", Country: "GB"}, k, c.now())
	case keys.PurposeDocument:
		ring, err := c.ring()
		if err != nil {
			return k, err
		}
		root, err := ring.Active(keys.PurposeIACA)
		if err != nil {
			return k, err
		}
		return keys.Certify(root, k, "", c.now())
	}
	return k, nil
}

// successor makes the next key of a purpose: the first, when none is in use, and otherwise one that takes its place.
func (c *command) successor(p keys.Purpose, set map[string]bool) error {
	ring, err := c.ring()
	if err != nil {
		return err
	}
	if _, err := ring.Active(p); err != nil {
		return c.first(p)
	}
	c.purpose = string(p)
	return c.rotate(set)
}

// rotate has a new key take the place of the active one, or of each that has signed for its period.
func (c *command) rotate(set map[string]bool) error {
	purpose := keys.Purpose(c.purpose)
	if (purpose == "") == !c.due || c.due && (set["in"] || set["keep"] || c.reference != "") || c.in < 0 || c.keep < 0 {
		return errors.New("rotate: want -purpose, and perhaps -in and -keep (durations: 24h), or -due")
	}
	err := c.custodian(func(custodian keys.Custodian) error {
		made, err := c.rotated(custodian, purpose, set)
		for _, k := range made {
			err = errors.Join(err, c.say("%s takes its place as %s\n", k.ID, k.Purpose))
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.list()
}

func (c *command) rotated(custodian keys.Custodian, p keys.Purpose, set map[string]bool) ([]keys.Key, error) {
	if c.due {
		return custodian.Due(context.Background())
	}
	period := keys.PeriodOf(p)
	if set["in"] {
		period.Ahead = c.in
	}
	if set["keep"] {
		period.Keep = c.keep
	}
	k, err := custodian.Rotate(context.Background(), p, period.Ahead, period.Keep)
	if err != nil {
		return nil, err
	}
	return []keys.Key{k}, nil
}

// revoke takes a key back for good, at once. A compromised one is replaced, unless that is refused.
func (c *command) revoke() error {
	if c.id == "" || c.reason == "" {
		return errors.New("revoke: want -id and -reason (compromised, superseded or ceased)")
	}
	err := c.custodian(func(custodian keys.Custodian) error {
		reason := keys.Reason(c.reason)
		gone, err := custodian.Revoke(context.Background(), c.id, reason, reason == keys.ReasonCompromised && !c.alone)
		if err != nil {
			return err
		}
		for _, k := range gone {
			if err := c.say("%s is revoked as %s\n", k.ID, k.Purpose); err != nil {
				return err
			}
		}
		if reason != keys.ReasonCompromised {
			return nil
		}
		return c.say("the issuer ends what it signed at its next tick; give verifiers the trust file anew (keys trust)\n")
	})
	if err != nil {
		return err
	}
	return c.list()
}

// list shows every key, and what was decided about it.
func (c *command) list() error {
	ring, err := c.ring()
	if err != nil {
		return err
	}
	for _, k := range ring.All() {
		ends := "-"
		if len(k.Chain) > 0 {
			ends = k.Chain[0].NotAfter.Format(time.DateOnly)
		}
		if err := c.say("%s  %-11s  %-8s  ends %s%s\n", k.ID, k.Purpose, k.State, ends, decided(k)); err != nil {
			return err
		}
	}
	return nil
}

func decided(k keys.Key) string {
	out := ""
	if at := k.Status.Activates; !at.IsZero() {
		out += "  signs from " + at.Format(time.RFC3339)
	}
	if at := k.Status.Retires; !at.IsZero() {
		out += "  published until " + at.Format(time.RFC3339)
	}
	if k.Status.Reason != "" {
		out += "  " + string(k.Status.Reason) + " " + k.Status.Changed.Format(time.RFC3339)
	}
	return out
}
