package config_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"justice-wallet/pkg/config"
)

func reader(env map[string]string) *config.Reader {
	return config.NewReader(func(name string) string { return env[name] })
}

func TestValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key := bytes.Repeat([]byte{7}, 32)
	r := reader(map[string]string{
		"S": "x", "U": "https://a.test/b", "B": "true", "I": "5", "D": "90s", "F_FILE": file,
		"K": base64.StdEncoding.EncodeToString(key),
	})
	if r.String("S", "") != "x" || r.String("NONE", "y") != "y" || r.Required("S") != "x" || r.URL("U", "") != "https://a.test/b" ||
		r.URL("NONE", "http://b.test") != "http://b.test" || !r.Bool("B", false) || r.Int("I", 1, 0, 9) != 5 ||
		r.Duration("D", 0, 0, time.Hour) != 90*time.Second || r.Secret("F") != "hush" || !bytes.Equal(r.Bytes32("K"), key) {
		t.Error("a value was misread")
	}
	if !r.Bool("NONE", true) || r.Int("NONE", 3, 0, 9) != 3 || r.Duration("NONE", time.Second, 0, time.Hour) != time.Second {
		t.Error("a fallback was not used")
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	r := reader(map[string]string{
		"URL1": "ftp://x", "URL2": "http://x/", "URL3": "http://x?q=1", "URL4": "http://u@x", "URL5": "x",
		"BOOL": "maybe", "INT": "12", "DUR": "1y", "KEY": "hunter2", "BOTH": "a", "BOTH_FILE": "b", "GONE_FILE": "/nonexistent",
	})
	r.Required("MISSING")
	for _, name := range []string{"URL1", "URL2", "URL3", "URL4", "URL5", "URL6"} {
		r.URL(name, "")
	}
	r.Bool("BOOL", false)
	r.Int("INT", 0, 0, 9)
	r.Duration("DUR", 0, 0, time.Hour)
	r.Bytes32("KEY")
	r.Secret("BOTH")
	r.Secret("GONE")
	got := r.Err().Error()
	for _, name := range []string{"MISSING", "URL1", "URL2", "URL3", "URL4", "URL5", "URL6", "BOOL", "INT", "DUR", "KEY", "BOTH", "GONE_FILE"} {
		if !strings.Contains(got, name+": ") {
			t.Errorf("%s is not named in:\n%s", name, got)
		}
	}
	if strings.Contains(got, "hunter2") {
		t.Error("a secret was echoed")
	}
}
