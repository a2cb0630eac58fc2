package providertest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
)

// Subject is a provider to be checked. A run starts several instances of it.
type Subject interface {
	// Launch prepares an instance. What it logs goes to log; scratch is a
	// folder for its temporary files.
	Launch(log *slog.Logger, scratch string) Instance
}

// Instance is a provider at work. A *plugin.Client is one.
type Instance interface {
	Describe(ctx context.Context) (providers.Description, error)
	OpenSource(ctx context.Context, config providers.Config) (providers.Source, error)
	OpenTarget(ctx context.Context, config providers.Config) (providers.Target, error)

	// PID is the id of the instance's process; 0 when it has none of its own,
	// or when that is not running.
	PID() int

	Close(ctx context.Context) error
}

// InProcess is the Subject of a provider that is linked into this program. It
// cannot be killed, and what it logs is not seen.
func InProcess(p *providers.Provider) Subject { return inProcess{p} }

type inProcess struct{ provider *providers.Provider }

func (s inProcess) Launch(_ *slog.Logger, _ string) Instance { return inProcessInstance(s) }

type inProcessInstance struct{ provider *providers.Provider }

func (i inProcessInstance) Describe(context.Context) (providers.Description, error) {
	return i.provider.Description, nil
}

func (i inProcessInstance) OpenSource(ctx context.Context, config providers.Config) (providers.Source, error) {
	if i.provider.OpenSource == nil {
		return nil, providers.Unsupported("sign in as source")
	}
	return i.provider.OpenSource(ctx, config)
}

func (i inProcessInstance) OpenTarget(ctx context.Context, config providers.Config) (providers.Target, error) {
	if i.provider.OpenTarget == nil {
		return nil, providers.Unsupported("sign in as target")
	}
	return i.provider.OpenTarget(ctx, config)
}

func (inProcessInstance) PID() int { return 0 }

func (inProcessInstance) Close(context.Context) error { return nil }

// executablePrefix begins the names of providers' executables.
const executablePrefix = "drover-provider-"

// Binary is the Subject of the executable at path. Its name, which is
// drover-provider-NAME, says what the provider must call itself.
func Binary(path string) (Subject, error) {
	base := strings.TrimSuffix(filepath.Base(path), ".exe")
	name, ok := strings.CutPrefix(base, executablePrefix)
	if !ok || name == "" {
		return nil, fmt.Errorf("%q is not the name of a provider's executable; it must be %sNAME", base, executablePrefix)
	}
	return binary{name: name, path: path}, nil
}

type binary struct{ name, path string }

func (b binary) Launch(log *slog.Logger, scratch string) Instance {
	return plugin.Launch(plugin.Options{Name: b.name, Path: b.path, Log: log, Scratch: scratch})
}

// executable is a Subject with a file that can be run.
type executable interface{ executable() string }

func (b binary) executable() string { return b.path }
