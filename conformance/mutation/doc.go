// Package mutation holds no code, only tests, behind the build tag mutation.
package mutation
