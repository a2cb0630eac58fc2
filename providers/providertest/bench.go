package providertest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// closeTimeout bounds the end of an instance.
const closeTimeout = 30 * time.Second

// bench is what the checks of one run share.
type bench struct {
	subject Subject
	fixture Fixture
	about   providers.Description
	dir     string // of all that the run leaves behind; removed at its end
	run     string // told apart from other runs by this
	before  string // digest of the fixture's folder
	watch   *watch

	mu       sync.Mutex
	instance Instance // shared by the checks that need no other
	source   providers.Source
	target   providers.Target
}

func newBench(subject Subject, fixture Fixture) (*bench, error) {
	dir, err := os.MkdirTemp("", "drover-conformance-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the run: %w", err)
	}
	// Temporary folders are often reached through a symbolic link.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	b := &bench{subject: subject, fixture: fixture, dir: dir, run: strings.ToLower(rand.Text()[:8]), watch: &watch{}}
	for _, name := range []string{b.outer(), b.scratch()} {
		if err := os.Mkdir(name, 0o700); err != nil {
			return nil, errors.Join(fmt.Errorf("make a folder for the run: %w", err), os.RemoveAll(dir))
		}
	}
	return b, nil
}

// outer is the folder around the target's. A target that leaves its own folder
// is seen here.
func (b *bench) outer() string { return filepath.Join(b.dir, "outer") }

// scratch is what ${SCRATCH} stands for.
func (b *bench) scratch() string { return filepath.Join(b.outer(), "scratch") }

// begin starts the provider and reads its description.
func (b *bench) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(b.fixture.Timeout))
	defer cancel()
	if b.fixture.Dir != "" {
		digest, err := digestTree(b.fixture.Dir)
		if err != nil {
			return fmt.Errorf("read the fixture's folder: %w", err)
		}
		b.before = digest
	}
	about, err := b.shared().Describe(ctx)
	if err != nil {
		return err
	}
	b.about = about
	return nil
}

func (b *bench) close() {
	b.mu.Lock()
	instance, source, target := b.instance, b.source, b.target
	b.mu.Unlock()
	if source != nil {
		_ = source.Close() // the check of ends is another
	}
	if target != nil {
		_ = target.Close()
	}
	if instance != nil {
		_ = end(instance)
	}
	_ = os.RemoveAll(b.dir) // what stays is in the system's temporary folder
}

// end closes an instance.
func end(i Instance) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return i.Close(ctx)
}

// launch starts an instance of its own for a check, which ends it.
func (b *bench) launch() Instance {
	log := slog.New(slog.NewTextHandler(b.watch, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return b.subject.Launch(log, filepath.Join(b.dir, "sessions"))
}

// shared is the instance for checks that need no other.
func (b *bench) shared() Instance {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.instance == nil {
		b.instance = b.launch()
	}
	return b.instance
}

// forsake gives up the shared instance, because a call is stuck in it, and kills
// its process if it has one.
func (b *bench) forsake() {
	b.mu.Lock()
	stuck := b.instance
	b.instance, b.source, b.target = nil, nil, nil
	b.mu.Unlock()
	if stuck != nil {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = stuck.Close(over) // says that it killed, which is what is wanted
	}
}

// sharedSource is the source for checks that need no other.
func (b *bench) sharedSource(ctx context.Context) (providers.Source, error) {
	b.mu.Lock()
	source := b.source
	b.mu.Unlock()
	if source != nil {
		return source, nil
	}
	source, err := b.openSource(ctx, b.shared())
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source = source
	return source, nil
}

// sharedTarget is the target for checks that need no other.
func (b *bench) sharedTarget(ctx context.Context) (providers.Target, error) {
	b.mu.Lock()
	target := b.target
	b.mu.Unlock()
	if target != nil {
		return target, nil
	}
	target, err := b.openTarget(ctx, b.shared())
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.target = target
	return target, nil
}

// hasSource skips what cannot be checked of a source.
func (b *bench) hasSource() error {
	switch {
	case b.about.Source == nil:
		return skip("the provider is not a source")
	case b.fixture.Source == nil:
		return untried("the fixture has no source")
	}
	return nil
}

// hasTarget skips what cannot be checked of a target.
func (b *bench) hasTarget() error {
	switch {
	case b.about.Target == nil:
		return skip("the provider is not a target")
	case b.fixture.Target == nil:
		return untried("the fixture has no target")
	}
	return nil
}

// sourceConfig is how the fixture's source is opened.
func (b *bench) sourceConfig() (providers.Config, error) {
	if err := b.hasSource(); err != nil {
		return providers.Config{}, err
	}
	return b.config(b.fixture.Source.Connection)
}

// targetConfig is how the fixture's target is opened.
func (b *bench) targetConfig() (providers.Config, error) {
	if err := b.hasTarget(); err != nil {
		return providers.Config{}, err
	}
	return b.config(b.fixture.Target.Connection)
}

func (b *bench) config(c Connection) (providers.Config, error) {
	secrets, err := b.fixture.secrets(c)
	if err != nil {
		return providers.Config{}, err
	}
	for attribute, text := range secrets {
		b.watch.add(attribute, text)
	}
	settings, err := expand(c.Settings, b.scratch())
	if err != nil {
		return providers.Config{}, err
	}
	return b.bare(settings, secrets)
}

// bare is a configuration with a scratch folder of its own.
func (b *bench) bare(settings []byte, secrets map[string]string) (providers.Config, error) {
	scratch, err := b.tempDir()
	if err != nil {
		return providers.Config{}, err
	}
	dir := b.fixture.Dir
	if dir == "" {
		dir = b.dir
	}
	return providers.Config{Settings: settings, Secrets: secrets, Dir: dir, Scratch: scratch}, nil
}

func (b *bench) openSource(ctx context.Context, i Instance) (providers.Source, error) {
	config, err := b.sourceConfig()
	if err != nil {
		return nil, err
	}
	source, err := i.OpenSource(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the source: %w", err)
	}
	return source, nil
}

func (b *bench) openTarget(ctx context.Context, i Instance) (providers.Target, error) {
	config, err := b.targetConfig()
	if err != nil {
		return nil, err
	}
	target, err := i.OpenTarget(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the target: %w", err)
	}
	return target, nil
}

// anotherSource opens the source in an instance of its own. The caller calls
// the function when it is done.
func (b *bench) anotherSource(ctx context.Context) (providers.Source, func(), error) {
	instance := b.launch()
	source, err := b.openSource(ctx, instance)
	if err != nil {
		_ = end(instance)
		return nil, nil, err
	}
	return source, func() {
		_ = source.Close()
		_ = end(instance)
	}, nil
}

// repositories are those of the fixture's source.
func (b *bench) repositories() ([]RepositoryFixture, error) {
	if err := b.hasSource(); err != nil {
		return nil, err
	}
	if len(b.fixture.Source.Repositories) == 0 {
		return nil, untried("the fixture's source has no repositories")
	}
	return b.fixture.Source.Repositories, nil
}

func (r RepositoryFixture) repo() providers.Repo {
	return providers.Repo{Settings: r.Settings}
}

// place is a place of this run at the target.
func (b *bench) place(what string) providers.Place {
	return providers.Place{
		Namespace: b.fixture.Target.Namespace, Placement: b.fixture.Target.Placement,
		Name: "drover-conformance-" + b.run + "-" + what,
	}
}
