package providertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/git"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
)

// TestMain lets the test binary play the providers that the tests start, by the
// name under which it was started.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "drover-provider-git":
		plugin.Serve(git.New())
	case "drover-provider-directory":
		plugin.Serve(directory.New())
	case "drover-provider-noisy":
		fmt.Println("loading")
		fmt.Print("\x1b[1mhalf a line ")
		plugin.Serve(named("noisy", func(p *providers.Provider) {
			open := p.OpenSource
			p.OpenSource = func(ctx context.Context, c providers.Config) (providers.Source, error) {
				fmt.Println("a stray print")
				return open(ctx, c)
			}
		}))
	case "drover-provider-stubborn":
		if len(os.Getenv("DROVER_PROVIDER_COOKIE")) == 0 {
			select {} // by hand it neither speaks nor ends
		}
		plugin.Serve(named("stubborn", func(*providers.Provider) {}))
	case "drover-provider-forgetful":
		plugin.Serve(named("forgetful", func(p *providers.Provider) { forget(p) }))
	case "drover-provider-fragile":
		plugin.Serve(named("fragile", func(p *providers.Provider) { breakOnLeftovers(p) }))
	case "drover-provider-logging":
		plugin.Serve(secretive("logging", func(token string) { slog.Info("signing in", "token", token) }))
	case "drover-provider-arguing":
		plugin.Serve(secretive("arguing", func(token string) {
			// The shell waits for its input, which is the engine's to close.
			child := exec.Command("sh", "-c", "read line", "sh", token)
			child.Stdin = os.Stdin
			_ = child.Start()
		}))
	case "drover-provider-missing":
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

// named is the directory provider under another name, wrecked.
func named(name string, wreck func(*providers.Provider)) *providers.Provider {
	p := directory.New()
	p.Description.Name = name
	wreck(p)
	return p
}

// secretive is a provider with a secret, which it gives to use.
func secretive(name string, use func(token string)) *providers.Provider {
	return named(name, func(p *providers.Provider) {
		p.Description.Source.Settings = append(p.Description.Source.Settings, schema.Attribute{Name: "token", Type: schema.TypeString, Secret: true, Doc: "A token."})
		open := p.OpenSource
		p.OpenSource = func(ctx context.Context, c providers.Config) (providers.Source, error) {
			use(c.Secrets["token"])
			return open(ctx, c)
		}
	})
}

// forget makes a provider keep records in memory until it has finished.
func forget(p *providers.Provider) {
	open := p.OpenTarget
	p.OpenTarget = func(ctx context.Context, c providers.Config) (providers.Target, error) {
		target, err := open(ctx, c)
		return &forgetful{Target: target, held: map[schema.Key]bool{}}, err
	}
}

type forgetful struct {
	providers.Target
	held map[schema.Key]bool
}

func (f *forgetful) Write(_ context.Context, req providers.WriteRequest) ([]providers.Written, error) {
	written := make([]providers.Written, len(req.Writes))
	for i, w := range req.Writes {
		f.held[w.Record.Key()] = true
		written[i].Ref = schema.Ref{ID: w.Record.ID}
	}
	return written, nil
}

func (f *forgetful) Find(_ context.Context, _ schema.Ref, wanted []providers.Wanted) ([]schema.Ref, error) {
	refs := make([]schema.Ref, len(wanted))
	for i, w := range wanted {
		if f.held[w.Key] {
			refs[i].ID = w.Key.ID
		}
	}
	return refs, nil
}

// breakOnLeftovers makes a provider leave a mark while it exports, and fail
// when it finds one.
func breakOnLeftovers(p *providers.Provider) {
	open := p.OpenSource
	p.OpenSource = func(ctx context.Context, c providers.Config) (providers.Source, error) {
		source, err := open(ctx, c)
		return &fragile{source}, err
	}
}

type fragile struct{ providers.Source }

func (f *fragile) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	mark := req.Dir + ".mark"
	if _, err := os.Stat(mark); err == nil {
		return providers.Export{}, providers.Errorf(providers.CodeInternal, "somebody was here")
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(mark), 0o700), os.WriteFile(mark, nil, 0o600)); err != nil {
		return providers.Export{}, err
	}
	observe(providers.Progress{Phase: "receiving"})
	<-ctx.Done() // until it is killed
	return providers.Export{}, ctx.Err()
}

// executableOf is this binary under a provider's name.
func executableOf(t *testing.T, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), executablePrefix+name)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func binaryOf(t *testing.T, name string) Subject {
	t.Helper()
	subject, err := Binary(executableOf(t, name))
	if err != nil {
		t.Fatal(err)
	}
	return subject
}
