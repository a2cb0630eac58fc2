package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
	"github.com/drover-migrate/drover/state"
)

// reading says how much a command needs of a plan.
type reading struct {
	schemas  bool // ask the providers which settings they accept
	discover bool // ask the sources what there is
}

// load reads the plan for those who need its Migration alone.
func (a *app) load(ctx context.Context, c *connections, r reading) (*schema.Migration, error) {
	p, err := a.read(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return p.Migration, nil
}

// read reads the plan. Its mistakes are shown; the error then only carries the
// exit code.
func (a *app) read(ctx context.Context, c *connections, r reading) (*planfile.Plan, error) {
	env, err := a.environment(ctx, c, r)
	if err != nil {
		return nil, err
	}
	p, diags := planfile.Read(ctx, a.dir(), env)
	if len(diags) > 0 {
		a.showDiagnostics(diags)
	}
	if diags.HasErrors() {
		return nil, exit(exitOfFindings(diags))
	}
	m := p.Migration
	c.use(m.Sources, m.Targets, m.Secrets)
	return p, a.resolveSystems(ctx, c, m, r)
}

// resolveSystems finds the systems behind the repositories of sources "vcs".
func (a *app) resolveSystems(ctx context.Context, c *connections, m *schema.Migration, r reading) error {
	if !r.discover || !slices.ContainsFunc(m.Resources, func(r schema.Resource) bool { return m.Sources[r.Source].Provider == engine.SystemSource }) {
		return nil
	}
	var known []schema.Entry
	s, err := a.view(ctx, m)
	if err != nil {
		return err
	}
	if s != nil {
		defer s.Close()
		if known, err = s.Entries(ctx); err != nil {
			return err
		}
	}
	systems := c.systems(ctx)
	systems.Expand(m)
	c.use(m.Sources, m.Targets, m.Secrets)
	return systems.Resolve(ctx, m, known, c)
}

func (a *app) environment(ctx context.Context, c *connections, r reading) (planfile.Environment, error) {
	env := planfile.Environment{Version: version, Environ: os.LookupEnv}
	for _, file := range a.varFiles {
		src, err := os.ReadFile(file)
		if err != nil {
			return env, usage("--var-file %s: %v", file, err)
		}
		list, diags := planfile.ParseVariables(file, src)
		if diags.HasErrors() {
			a.showDiagnostics(diags)
			return env, exit(exitPlan)
		}
		env.Variables = append(env.Variables, list...)
	}
	for _, text := range a.variables {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return env, usage("--var %q: write NAME=VALUE", text)
		}
		env.Variables = append(env.Variables, planfile.Assignment{Name: name, Value: value, From: "--var"})
	}
	for _, text := range a.sets {
		o, err := planfile.ParseOverride(text)
		if err != nil {
			return env, usage("--set %q: %v", text, err)
		}
		env.Set = append(env.Set, o)
	}
	if r.schemas {
		env.Schema = func(name string) (schema.ProviderSchema, error) {
			if name == engine.SystemSource {
				return c.systems(ctx).Schema(), nil
			}
			d, _, err := c.Provider(ctx, name)
			if hint := hintOf(err); hint != "" {
				err = fmt.Errorf("%w; %s", err, hint)
			}
			return d.Schema(), err
		}
	}
	if r.discover {
		before := a.lastListings(ctx)
		env.Discover = func(ctx context.Context, d schema.Discovery, connection schema.Connection, secrets map[string]schema.Secret) (schema.Listing, error) {
			c.vault.learn(secrets)
			source, err := c.openSource(ctx, connection)
			if err != nil {
				return schema.Listing{}, discoverError{providers.AsError(err)}
			}
			list, err := engine.Discover(ctx, source, d, before[d.Address], func(t providers.Throttle) {
				fmt.Fprintf(a.stderr, "%s: waiting until %s: %s\n", d.Address, t.Until.Format("15:04:05"), schema.Printable(t.Reason))
			})
			if err != nil {
				err = discoverError{providers.AsError(err)}
			}
			return list, err
		}
	}
	return env, nil
}

// discoverError tells the plan's findings, and so the exit code, why a source
// could not be asked.
type discoverError struct{ problem *providers.Error }

var _ planfile.Explained = discoverError{}

func (e discoverError) Error() string       { return e.problem.Error() }
func (e discoverError) Unwrap() error       { return e.problem }
func (e discoverError) FindingCode() string { return "discover." + string(e.problem.Code) }
func (e discoverError) FindingHelp() string { return e.problem.Hint }

// lastListings are the sizes of the plan's listings at the last apply, for
// blocks that refuse one that shrank.
func (a *app) lastListings(ctx context.Context) map[string]int64 {
	path, err := a.stateOnly()
	if err != nil {
		return nil // reading the plan will tell
	}
	s, err := state.View(ctx, path)
	if err != nil {
		return nil // no state yet, or one that plan itself will complain about
	}
	defer s.Close()
	listings, err := s.Listings(ctx)
	if err != nil {
		return nil
	}
	return listings
}

// statePath is where the state of a plan lives.
func (a *app) statePath(m *schema.Migration) string {
	if a.state != "" {
		return a.state
	}
	return a.path(m.StatePath)
}

// workspace is the folder for git data in flight, beside the state.
func workspace(statePath string) (string, error) {
	abs, err := filepath.Abs(statePath)
	if err != nil {
		return "", fmt.Errorf("find the state's folder: %w", err)
	}
	return abs + ".work", nil
}

// historyOf reads what the state knows. A state that does not exist yet knows
// nothing.
func historyOf(ctx context.Context, s *state.Store) (engine.History, error) {
	h := engine.History{Refs: func(context.Context, schema.Address, string) (map[string]string, error) { return nil, nil }}
	if s == nil {
		return h, nil
	}
	var err error
	if h.Info, err = s.Info(ctx); err != nil {
		return h, err
	}
	if h.Entries, err = s.Entries(ctx); err != nil {
		return h, err
	}
	if h.Waiting, err = s.Waiting(ctx); err != nil {
		return h, err
	}
	if h.Validators, err = s.AllValidators(ctx); err != nil {
		return h, err
	}
	if h.Jobs, err = s.Jobs(ctx, ""); err != nil {
		return h, err
	}
	failures, err := s.Failures(ctx, "")
	if err != nil {
		return h, err
	}
	h.Failures = map[schema.Address][]schema.Failure{}
	for _, f := range failures {
		h.Failures[f.Address] = append(h.Failures[f.Address], f)
	}
	h.Refs = s.Refs
	return h, nil
}

// view opens the state for reading; nil when there is none yet.
func (a *app) view(ctx context.Context, m *schema.Migration) (*state.Store, error) {
	s, err := state.View(ctx, a.statePath(m))
	if errors.Is(err, state.ErrMissing) {
		return nil, nil
	}
	return s, err
}
