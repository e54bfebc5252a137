// Package interop holds no code, only tests, behind the build tag interop.
package interop
