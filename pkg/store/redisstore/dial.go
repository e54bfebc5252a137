package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Dial returns a client for one of these URLs, each with rediss for TLS, and more addresses of the latter two as ?addr=host:port:
//
//	redis://[user:password@]host:port/number         one server
//	sentinel+redis://host:port?master_name=name      the primary that Sentinels name; username and password are its own
//	cluster+redis://[user:password@]host:port        a cluster
//
// It connects when it is first used, so that a service can start before its Redis; use Ping to know. An answer that is
// lost is asked for again: every call is safe to repeat. Nothing is read from a replica, which may lack what was acknowledged.
func Dial(url string) (redis.UniversalClient, error) {
	kind, rest, ok := strings.Cut(url, "+")
	if !ok || strings.Contains(kind, ":") {
		kind, rest = "", url
	}
	client, err := dial(kind, rest)
	if err != nil { // the cause would quote a password
		return nil, errors.New("read redis URL: not of the form redis://[user:password@]host:port/number, sentinel+redis://… or cluster+redis://…")
	}
	return client, nil
}

func dial(kind, url string) (redis.UniversalClient, error) {
	switch kind {
	case "":
		o, err := redis.ParseURL(url)
		if err != nil {
			return nil, err
		}
		bound(&o.ContextTimeoutEnabled, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
		return redis.NewClient(o), nil
	case "sentinel":
		o, err := redis.ParseFailoverURL(url)
		if err != nil || o.MasterName == "" {
			return nil, errors.Join(errors.New("no master_name"), err)
		}
		bound(&o.ContextTimeoutEnabled, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
		o.ReplicaOnly, o.RouteByLatency, o.RouteRandomly, o.UseDisconnectedReplicas = false, false, false, false
		return redis.NewFailoverClient(o), nil
	case "cluster":
		o, err := redis.ParseClusterURL(url)
		if err != nil {
			return nil, err
		}
		bound(&o.ContextTimeoutEnabled, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout)
		o.ReadOnly, o.RouteByLatency, o.RouteRandomly = false, false, false
		return redis.NewClusterClient(o), nil
	}
	return nil, errors.New("no such kind")
}

// bound has a call end with its context, without which it would outlive it against a server that hangs.
func bound(byContext *bool, times ...*time.Duration) {
	*byContext = true
	for _, t := range times {
		*t = 2 * time.Second
	}
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
