//go:build redis && long

package redisstore_test

const operations = 100_000
