// Package compose_test reads docker-compose.yml as the compose tool does, and holds it to what the services need and to
// what a hardened container may have. No container is started.
package compose_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"justice-wallet/issuer"
	"justice-wallet/pkg/config"
	"justice-wallet/verifier"
)

const root = "../.."

// project loads the file with the values of env files, as `docker compose --env-file` would.
func project(t *testing.T, envFiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithEnvFiles(envFiles...), cli.WithDotEnv, cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryContainerIsHardened(t *testing.T) {
	p := project(t)
	if got := p.ServiceNames(); !slices.Equal(got, []string{"issuer", "keys", "redis", "verifier"}) {
		t.Fatalf("services %v", got)
	}
	for name, s := range p.Services {
		switch {
		case s.User == "" || strings.HasPrefix(s.User, "0"):
			t.Errorf("%s runs as root", name)
		case !s.ReadOnly:
			t.Errorf("%s can write to its own image", name)
		case !slices.Equal(s.CapDrop, []string{"ALL"}) || len(s.CapAdd) != 0 || s.Privileged:
			t.Errorf("%s keeps capabilities", name)
		case !slices.Contains(s.SecurityOpt, "no-new-privileges:true"):
			t.Errorf("%s may gain privileges", name)
		case s.PidsLimit == 0 || name != "keys" && (s.MemLimit == 0 || s.CPUS == 0):
			t.Errorf("%s has no limits", name)
		case name != "keys" && (s.HealthCheck == nil || len(s.HealthCheck.Test) < 2):
			t.Errorf("%s has no health check", name)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s listens to everybody on %s", name, port.Published)
			}
		}
	}
}

func TestRedisForgetsNothing(t *testing.T) {
	redis := project(t).Services["redis"]
	for _, want := range []string{"--appendonly yes", "--appendfsync always", "--aof-load-truncated no", "--maxmemory-policy noeviction"} {
		if !strings.Contains(strings.Join(redis.Command, " "), want) {
			t.Errorf("redis is not told %s", want)
		}
	}
	if len(redis.Volumes) != 1 || redis.Volumes[0].Target != "/data" || redis.Volumes[0].Type != types.VolumeTypeVolume {
		t.Errorf("redis keeps its file in %v", redis.Volumes)
	}
	if len(redis.Ports) != 0 || len(redis.Networks) != 1 || !project(t).Networks["store"].Internal {
		t.Error("redis can be reached from outside")
	}
	if _, reaches := project(t).Services["verifier"].Networks["store"]; reaches {
		t.Error("the verifier reaches the issuer's store")
	}
}

// asked reads variables from a service's environment, and notes which were asked for. A secret's file is made up.
type asked struct {
	values map[string]string
	names  map[string]bool
}

func environment(t *testing.T, s types.ServiceConfig, files map[string]string) *asked {
	t.Helper()
	a := &asked{map[string]string{}, map[string]bool{}}
	for name, value := range s.Environment {
		if value == nil {
			t.Errorf("%s is taken from whatever shell starts it", name)
			continue
		}
		content, isFile := files[*value]
		if !isFile {
			a.values[name] = *value
			continue
		}
		a.values[name] = filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(a.values[name], []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func (a *asked) getenv(name string) string {
	a.names[name] = true
	return a.values[name]
}

// unread returns the variables nobody asked for: misspelt, or of an older version.
func (a *asked) unread(others ...string) []string {
	var out []string
	for name := range a.values {
		if !a.names[name] && !slices.Contains(others, name) {
			out = append(out, name)
		}
	}
	return out
}

const secret32 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// mainOnly is what issuer/cmd/issuer reads itself.
var mainOnly = []string{"KEYS_DIR", "KEYS_PASSPHRASE_FILE", "AUDIT_FILE", "REDIS_URL", "REDIS_REPLICAS", "JOURNAL_FILE"}

func TestTheIssuerAcceptsItsTrialEnvironment(t *testing.T) {
	env := environment(t, project(t, filepath.Join(root, "docs/trial.env")).Services["issuer"], files())
	r := config.NewReader(env.getenv)
	c := issuer.ReadConfig(r)
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(root, "conformance/hmpps", filepath.Base(c.Records.File))); err != nil {
		t.Error(err)
	}
}

// files is what the services' files hold, made up.
func files() map[string]string {
	return map[string]string{
		"/run/secrets/issuer_secret": secret32, "/run/secrets/verifier_secret": secret32, "/run/secrets/hmpps_client_secret": "synthetic",
		"/run/secrets/console_client_secret": "synthetic", "/run/secrets/verifier_sign_in_client_secret": "synthetic",
		"/trust.json": `{"issuers":[{"issuer":"https://issuer.example","did":"did:web:issuer.example","document":"https://issuer.example/did.json"}]}`,
	}
}

func TestWhatIsMissingIsNamedAndPagesAreOff(t *testing.T) {
	p := project(t)
	r := config.NewReader(environment(t, p.Services["issuer"], files()).getenv)
	c := issuer.ReadConfig(r)
	for _, missing := range []string{"ISSUER_URL", "ONE_LOGIN_ISSUER", "HMPPS_PRISONER_SEARCH_URL", "HMPPS_TOKEN_URL"} {
		if !strings.Contains(r.Err().Error(), missing+": must be set") {
			t.Errorf("without an environment %s is not asked for: %v", missing, r.Err())
		}
	}
	if c.Holder != nil || c.Console != nil || c.LetterPage != "" || c.StatusService != nil {
		t.Error("the issuer has pages that nobody asked for")
	}
	v, err := verifier.ReadConfig(environment(t, p.Services["verifier"], files()).getenv)
	if err != nil || v.Presentations != nil || v.Desk != nil || v.Letters != nil {
		t.Errorf("%v, or the verifier has pages that nobody asked for", err)
	}
}

// open turns on all that is off at first.
func open(t *testing.T) *types.Project {
	t.Helper()
	env := filepath.Join(t.TempDir(), "open.env")
	on := "HOLDER_PAGES=true\nCONSOLE_PAGES=true\nLETTER_PAGE_URL=https://verifier.example/letter\nSTATUS_SERVICE_URL=https://status.example\n" +
		"VERIFIER_URL=https://verifier.example\nVERIFIER_SIGN_IN_ISSUER=https://sign-in.example\n"
	if err := os.WriteFile(env, []byte(on), 0o600); err != nil {
		t.Fatal(err)
	}
	return project(t, env)
}

func TestEveryVariableIsOneTheServiceReads(t *testing.T) {
	p := open(t)
	env := environment(t, p.Services["issuer"], files())
	r := config.NewReader(env.getenv)
	issuer.ReadConfig(r)
	if unread := env.unread(mainOnly...); len(unread) != 0 {
		t.Errorf("the issuer never reads %v", unread)
	}
	asks(t, r.Err(), "ONE_LOGIN_SIGN_IN_ISSUER", "ONE_LOGIN_IDENTITY_ISSUER", "ONE_LOGIN_IDENTITY_DID", "ONE_LOGIN_IDENTITY_DID_URL",
		"HOLDER_HELP_PHONE", "CONSOLE_SIGN_IN_ISSUER", "CONSOLE_CLIENT_ID", "LETTER_PHONE", "STATUS_SERVICE_CLIENT_ID")
	env = environment(t, p.Services["verifier"], files())
	_, err := verifier.ReadConfig(env.getenv)
	if unread := env.unread(); len(unread) != 0 {
		t.Errorf("the verifier never reads %v", unread)
	}
	asks(t, err, "VERIFIER_SIGN_IN_CLIENT_ID", "VERIFIER_HELP_PHONE")
}

// asks holds a service to asking for what the compose file leaves to whoever runs it, and the compose file to handing it on.
func asks(t *testing.T, err error, names ...string) {
	t.Helper()
	content, readErr := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	for _, name := range names {
		if err == nil || !strings.Contains(err.Error(), name+": must be set") {
			t.Errorf("%s is not asked for: %v", name, err)
		}
		if !strings.Contains(string(content), " "+name+": ${"+name+":-}") {
			t.Errorf("the compose file does not hand on %s", name)
		}
	}
}

// Each file that a variable names is given to the container.
func TestEveryFileIsInTheContainer(t *testing.T) {
	for name, s := range project(t).Services {
		for variable, value := range s.Environment {
			if !strings.HasSuffix(variable, "_FILE") || value == nil {
				continue
			}
			given := *value == "" || strings.HasPrefix(*value, "/audit/") || strings.HasPrefix(*value, "/journal/")
			for _, secret := range s.Secrets {
				given = given || *value == "/run/secrets/"+secret.Source
			}
			for _, file := range s.Configs {
				given = given || *value == file.Target
			}
			if !given {
				t.Errorf("%s: %s names %s, which is not there", name, variable, *value)
			}
		}
	}
}

func TestEverySecretIsAFile(t *testing.T) {
	p := project(t)
	for name, s := range p.Services {
		for variable := range s.Environment {
			if strings.HasSuffix(variable, "SECRET") || strings.HasSuffix(variable, "PASSPHRASE") {
				t.Errorf("%s: %s is in the environment, where anyone who may inspect the container reads it", name, variable)
			}
		}
		for _, secret := range s.Secrets {
			if p.Secrets[secret.Source].File == "" {
				t.Errorf("%s: secret %s has no file", name, secret.Source)
			}
		}
	}
}

// The images are built from the stages that the compose file names.
func TestEveryBuildTargetIsAStage(t *testing.T) {
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range project(t).Services {
		if s.Build != nil && !strings.Contains(string(dockerfile), " AS "+s.Build.Target+"\n") {
			t.Errorf("%s: the Dockerfile has no stage %q", name, s.Build.Target)
		}
	}
	if !strings.Contains(string(dockerfile), "\nUSER 65532:65532\n") {
		t.Error("the images run as root")
	}
}
