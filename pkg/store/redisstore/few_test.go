//go:build redis && !long

package redisstore_test

const operations = 10_000
