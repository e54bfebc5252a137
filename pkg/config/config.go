// Package config reads settings from the environment and reports every mistake at once, each under the name of its
// variable. A mistake never echoes a secret.
package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// Reader reads variables and remembers what was wrong with them.
type Reader struct {
	getenv   func(string) string
	mistakes []error
}

// NewReader reads through getenv, which returns "" for a variable that is not set.
func NewReader(getenv func(string) string) *Reader { return &Reader{getenv: getenv} }

// Err returns every mistake so far, joined, or nil.
func (r *Reader) Err() error { return errors.Join(r.mistakes...) }

// Mistake notes that the value of name is wrong.
func (r *Reader) Mistake(name, format string, args ...any) {
	r.mistakes = append(r.mistakes, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
}

// String returns a variable, or fallback when it is not set.
func (r *Reader) String(name, fallback string) string {
	if v := r.getenv(name); v != "" {
		return v
	}
	return fallback
}

// Required returns a variable that must be set.
func (r *Reader) Required(name string) string {
	v := r.getenv(name)
	if v == "" {
		r.Mistake(name, "must be set")
	}
	return v
}

// URL returns an absolute http or https URL without query, fragment, user or trailing slash. An empty fallback makes it
// required.
func (r *Reader) URL(name, fallback string) string {
	v := r.String(name, fallback)
	if v == "" {
		r.Mistake(name, "must be set")
		return ""
	}
	u, err := url.Parse(v)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		r.Mistake(name, "is not an absolute http or https URL")
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		r.Mistake(name, "must have no query, fragment or user")
	case strings.HasSuffix(v, "/"):
		r.Mistake(name, "must not end in a slash")
	}
	return v
}

// Bool returns true or false as strconv.ParseBool reads them.
func (r *Reader) Bool(name string, fallback bool) bool {
	v := r.getenv(name)
	if v == "" {
		return fallback
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		r.Mistake(name, "is not true or false")
	}
	return b
}

// Int returns a whole number between least and most.
func (r *Reader) Int(name string, fallback, least, most int) int {
	v := r.getenv(name)
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		r.Mistake(name, "is not a whole number from %d to %d", least, most)
	}
	return n
}

// Duration returns a duration such as "15m" between least and most.
func (r *Reader) Duration(name string, fallback, least, most time.Duration) time.Duration {
	v := r.getenv(name)
	if v == "" {
		return fallback
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < least || d > most {
		r.Mistake(name, "is not a duration from %s to %s", least, most)
	}
	return d
}

// Secret returns the value of name or, when name_FILE is set, the content of that file without its last newline. It is
// required.
func (r *Reader) Secret(name string) string {
	path := r.getenv(name + "_FILE")
	if path == "" {
		return r.Required(name)
	}
	if r.getenv(name) != "" {
		r.Mistake(name, "and %s_FILE are both set", name)
		return ""
	}
	content, err := os.ReadFile(path)
	if err != nil {
		r.Mistake(name+"_FILE", "cannot be read")
		return ""
	}
	secret := strings.TrimSuffix(string(content), "\n")
	if secret == "" {
		r.Mistake(name+"_FILE", "names an empty file")
	}
	return secret
}

// Bytes32 returns a secret of 32 bytes, in standard base64.
func (r *Reader) Bytes32(name string) []byte {
	v := r.Secret(name)
	if v == "" {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil || len(b) != 32 {
		r.Mistake(name, "is not 32 bytes in base64")
		return nil
	}
	return b
}
