package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func configChecks() []check {
	return []check{
		{"Config", "a required setting that is missing is named", LevelGit, checkRequired},
		{"Config", "a required setting of a repository that is missing is named", LevelGit, checkRequiredOfRepository},
		{"Config", "settings that it does not know do no harm", LevelFull, checkUnknownSetting},
	}
}

// part is one end of a provider, as the checks of its configuration see it.
type part struct {
	name       string
	attributes schema.Attributes
	connection Connection // of the fixture; empty when it has none
	open       func(context.Context, providers.Config) (io.Closer, error)
}

// parts are the ends that the provider has, opened in an instance.
func (b *bench) parts(i Instance) []part {
	var list []part
	if d := b.about.Source; d != nil {
		p := part{name: "source", attributes: d.Settings, open: func(ctx context.Context, c providers.Config) (io.Closer, error) { return i.OpenSource(ctx, c) }}
		if b.fixture.Source != nil {
			p.connection = b.fixture.Source.Connection
		}
		list = append(list, p)
	}
	if d := b.about.Target; d != nil {
		p := part{name: "target", attributes: d.Settings, open: func(ctx context.Context, c providers.Config) (io.Closer, error) { return i.OpenTarget(ctx, c) }}
		if b.fixture.Target != nil {
			p.connection = b.fixture.Target.Connection
		}
		list = append(list, p)
	}
	return list
}

func checkRequired(ctx context.Context, b *bench) error {
	var errs []error
	asked := 0
	for _, p := range b.parts(b.shared()) {
		for _, a := range p.attributes {
			if !a.Required {
				continue
			}
			asked++
			if err := b.openWithout(ctx, p, a); err != nil {
				errs = append(errs, err)
			}
		}
	}
	if asked == 0 {
		return skip("no setting of a source or target block is required")
	}
	return errors.Join(errs...)
}

func (b *bench) openWithout(ctx context.Context, p part, a schema.Attribute) error {
	config, err := b.config(p.connection)
	if err != nil {
		return err
	}
	if config.Settings, err = without(config.Settings, a.Name); err != nil {
		return err
	}
	delete(config.Secrets, a.Name)
	what := fmt.Sprintf("opening the %s without %s", p.name, a.Name)
	opened, err := p.open(ctx, config)
	if err == nil {
		_ = opened.Close()
	}
	want := []providers.Code{providers.CodeInvalid}
	if a.Secret {
		want = append(want, providers.CodeAuth)
	}
	if err := wantProblem(what, err, want...); err != nil {
		return err
	}
	// With nothing of the fixture given, another setting may be missed first.
	if got := providers.AsError(err).Attribute; got != a.Name && (got == "" || len(p.connection.Settings) > 0) {
		return fmt.Errorf("the error of %s names the attribute %q: %w", what, got, err)
	}
	return nil
}

// without is an object without one of its members.
func without(settings json.RawMessage, name string) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object(settings), &members); err != nil {
		return nil, fmt.Errorf("the settings of the fixture are not an object: %w", err)
	}
	delete(members, name)
	return json.Marshal(members)
}

// with is an object with one more member.
func with(settings json.RawMessage, name string, value any) (json.RawMessage, error) {
	var members map[string]any
	if err := json.Unmarshal(object(settings), &members); err != nil {
		return nil, fmt.Errorf("the settings of the fixture are not an object: %w", err)
	}
	if members == nil {
		members = map[string]any{}
	}
	members[name] = value
	return json.Marshal(members)
}

func checkRequiredOfRepository(ctx context.Context, b *bench) error {
	repositories, err := b.repositories()
	if err != nil {
		return err
	}
	source, err := b.sharedSource(ctx)
	if err != nil {
		return err
	}
	var errs []error
	asked := 0
	for _, a := range b.about.Source.Repository {
		if !a.Required {
			continue
		}
		asked++
		settings, err := without(repositories[0].Settings, a.Name)
		if err != nil {
			return err
		}
		what := "inspecting a repository without " + a.Name
		answer, err := inspectOne(ctx, source, providers.Lookup{ID: 1, Repo: providers.Repo{Settings: settings}})
		if err != nil {
			errs = append(errs, fmt.Errorf("%s failed for all repositories: %w", what, err))
			continue
		}
		if err := wantAnswer(what, answer.Problem, providers.CodeInvalid); err != nil {
			errs = append(errs, err)
		} else if answer.Problem.Attribute != a.Name {
			errs = append(errs, fmt.Errorf("the problem of %s names the attribute %q: %w", what, answer.Problem.Attribute, answer.Problem))
		}
	}
	if asked == 0 {
		return skip("no setting of a repository block is required")
	}
	return errors.Join(errs...)
}

// checkUnknownSetting gives what a plan can never hold, as a newer or older
// engine might: the provider may refuse it, and must live.
func checkUnknownSetting(ctx context.Context, b *bench) error {
	instance := b.launch()
	defer end(instance)
	var errs []error
	for _, p := range b.parts(instance) {
		config, err := b.config(p.connection)
		if err != nil {
			return err
		}
		if config.Settings, err = with(config.Settings, "setting_of_another_version", []any{1, map[string]any{"deep": nil}}); err != nil {
			return err
		}
		opened, err := p.open(ctx, config)
		if err == nil {
			err = opened.Close()
			if err != nil {
				errs = append(errs, fmt.Errorf("close the %s: %w", p.name, err))
			}
			continue
		}
		expected := []providers.Code{providers.CodeInvalid, providers.CodeUnsupported}
		if len(p.connection.Settings) == 0 { // it was not to be opened anyway
			expected = append(expected, providers.CodeAuth, providers.CodeNotFound, providers.CodeDenied, providers.CodeUnavailable)
		}
		if err := wantProblem(fmt.Sprintf("opening the %s with a setting that it does not know", p.name), err, expected...); err != nil {
			errs = append(errs, err)
		}
	}
	if _, err := instance.Describe(ctx); err != nil {
		errs = append(errs, fmt.Errorf("the provider did not survive it: %w", err))
	}
	return errors.Join(errs...)
}
