package redisstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Dial returns a client for a redis:// or rediss:// URL. It connects when it is first used, so that a service can start
// before its Redis; use Ping to know. An answer that is lost is asked for again: every call is safe to repeat.
func Dial(url string) (redis.UniversalClient, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("read redis URL: not of the form redis://[user:password@]host:port/number") // the cause would quote a password
	}
	options.ContextTimeoutEnabled = true // without it a call outlives its context against a server that hangs
	options.DialTimeout = 2 * time.Second
	options.ReadTimeout = 2 * time.Second
	options.WriteTimeout = 2 * time.Second
	return redis.NewClient(options), nil
}

// Ping says whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return unavailable(err)
	}
	return nil
}

// durable is what a Redis must be set to if it is to forget nothing that it acknowledged.
var durable = []struct{ setting, want string }{
	{"appendonly", "yes"},
	{"appendfsync", "always"},
	{"aof-load-truncated", "no"}, // otherwise it starts on what a damaged file still holds, and says so only in its log
	{"maxmemory-policy", "noeviction"},
}

// CheckDurable refuses a Redis that could forget an acknowledged revocation. The error names each setting that is wrong.
func (s *Store) CheckDurable(ctx context.Context) error {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		return checkDurable(ctx, s.client)
	}
	return cluster.ForEachShard(ctx, func(ctx context.Context, c *redis.Client) error { return checkDurable(ctx, c) })
}

func checkDurable(ctx context.Context, client redis.Cmdable) error {
	var wrong []error
	for _, d := range durable {
		values, err := client.ConfigGet(ctx, d.setting).Result()
		if err != nil {
			return unavailable(fmt.Errorf("read redis setting %s: %w", d.setting, err))
		}
		if got := values[d.setting]; got != d.want {
			wrong = append(wrong, fmt.Errorf("redis has %s %q: want %q", d.setting, got, d.want))
		}
	}
	return errors.Join(wrong...)
}
