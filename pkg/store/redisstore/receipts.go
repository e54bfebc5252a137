package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"justice-wallet/pkg/receipt"
)

// A receipt is a string: json. To write the same again has no further effect, and no second key is touched.
var keepReceipt = script(`
redis.call('SET', KEYS[1], ARGV[3])
keep(KEYS[1], ARGV[2])
return ''
`)

// KeepReceipt implements receipt.Book.
func (s *Store) KeepReceipt(ctx context.Context, r receipt.Receipt) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode receipt: %w", err)
	}
	_, err = s.run(ctx, keepReceipt, []string{s.key(r.ID, "receipt")}, millis(s.config.Now()), millis(r.Hour.Add(receipt.Keep)), b)
	return err
}

// FindReceipt implements receipt.Book.
func (s *Store) FindReceipt(ctx context.Context, id string) (receipt.Receipt, bool, error) {
	text, err := s.client.Get(ctx, s.key(id, "receipt")).Bytes()
	if errors.Is(err, redis.Nil) {
		return receipt.Receipt{}, false, nil
	}
	if err != nil {
		return receipt.Receipt{}, false, unavailable(err)
	}
	var r receipt.Receipt
	if err := json.Unmarshal(text, &r); err != nil {
		return receipt.Receipt{}, false, errAnswer
	}
	if !s.config.Now().Before(r.Hour.Add(receipt.Keep)) {
		return receipt.Receipt{}, false, nil
	}
	return r, true, nil
}
