package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redirections is how often a cluster may send a change elsewhere.
const redirections = 3

// replicate runs a script where its keys lie, and then waits on the same connection until enough replicas have all that
// this master did. A change that too few took over has been made, but is not acknowledged: whoever repeats it waits again.
func (s *Store) replicate(ctx context.Context, script *redis.Script, keys []string, args []any) (any, error) {
	for range redirections {
		answer, err := s.replicateOn(ctx, script, keys, args)
		if !redis.HasErrorPrefix(err, "MOVED") && !redis.HasErrorPrefix(err, "ASK") {
			return answer, err
		}
		// The cluster's client follows, and learns by it where to go.
		if err := script.Run(ctx, s.client, keys, args...).Err(); err != nil && !errors.Is(err, redis.Nil) {
			return nil, err
		}
	}
	return nil, errors.New("redis cluster is being moved")
}

func (s *Store) replicateOn(ctx context.Context, script *redis.Script, keys []string, args []any) (any, error) {
	node, err := s.master(ctx, keys[0])
	if err != nil {
		return nil, err
	}
	answer, err := s.evaluate(ctx, node, script.EvalSha, keys, args)
	if err != nil && strings.HasPrefix(err.Error(), "NOSCRIPT") {
		answer, err = s.evaluate(ctx, node, script.Eval, keys, args)
	}
	return answer, err
}

// evaluator is one of the ways to run a script.
type evaluator func(ctx context.Context, c redis.Scripter, keys []string, args ...any) *redis.Cmd

func (s *Store) evaluate(ctx context.Context, node redis.Cmdable, run evaluator, keys []string, args []any) (any, error) {
	pipe := node.Pipeline()
	answered := run(ctx, pipe, keys, args...)
	copies := pipe.Do(ctx, "wait", s.config.Replicas, s.config.ReplicaWait.Milliseconds())
	_, failed := pipe.Exec(ctx) // the first error of both, which each tells itself
	answer, err := answered.Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	n, errCopies := copies.Int()
	if errCopies != nil {
		return nil, errors.Join(errCopies, failed)
	}
	if n < s.config.Replicas {
		return nil, fmt.Errorf("%d replicas of redis took a change over: want %d", n, s.config.Replicas)
	}
	return answer, err
}

// master returns the client of the server that key lies on.
func (s *Store) master(ctx context.Context, key string) (redis.Cmdable, error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return s.client, nil
}
