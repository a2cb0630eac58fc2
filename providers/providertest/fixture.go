package providertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// fixtureFile is the name of the file that ReadFixture reads.
const fixtureFile = "fixture.json"

const (
	defaultTimeout  = 5 * time.Minute
	defaultPatience = 10 * time.Second
)

// Fixture says what a provider is tried on. Parts that are absent are not
// tried.
type Fixture struct {
	// Dir is the folder at which relative paths in settings start. What is in
	// it must be the same after the run: a source changes nothing.
	Dir string `json:"-"`

	// Getenv finds the secrets; os.LookupEnv does. Nil: there are none.
	Getenv func(name string) (string, bool) `json:"-"`

	Source *SourceFixture `json:"source,omitempty"`
	Target *TargetFixture `json:"target,omitempty"`

	// Timeout bounds one check. Zero: five minutes.
	Timeout Duration `json:"timeout,omitzero"`

	// Patience is how long a call may take to return when its context has
	// ended. Zero: ten seconds, of which a machine at rest needs two.
	Patience Duration `json:"patience,omitzero"`
}

// Connection is how a source or target is opened.
type Connection struct {
	Settings json.RawMessage `json:"settings,omitempty"` // an object; secrets absent

	// Secrets names the environment variable that holds each secret attribute.
	Secrets map[string]string `json:"secrets,omitempty"`
}

// SourceFixture is a source system and what is known of it. Nobody else may
// change it during a run.
type SourceFixture struct {
	Connection

	Repositories []RepositoryFixture `json:"repositories"`

	// Vanished are the settings of a repository that does not exist.
	Vanished json.RawMessage `json:"vanished,omitempty"`

	// Discover are questions to ask.
	Discover []Discover `json:"discover,omitempty"`

	// WrongSecrets are texts of secret attributes with which signing in fails.
	WrongSecrets map[string]string `json:"wrong_secrets,omitempty"`
}

// RepositoryFixture is a repository of a source. Whatever is set of it must be
// what the provider finds.
type RepositoryFixture struct {
	Settings json.RawMessage       `json:"settings"`
	Refs     map[string]string     `json:"refs,omitempty"`
	Counts   map[schema.Kind]int64 `json:"counts,omitempty"`
}

// Discover is a discover block.
type Discover struct {
	Kind     string          `json:"kind"`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// TargetFixture is a place to write to. In its settings ${SCRATCH} stands for
// an empty folder of the run.
type TargetFixture struct {
	Connection

	Namespace string          `json:"namespace,omitempty"`
	Placement json.RawMessage `json:"placement,omitempty"`

	// Refs is how many refs the largest push has. Zero: 5000. A stand-in whose
	// hooks look at each of them may be tried with fewer.
	Refs int `json:"refs,omitempty"`
}

// Duration is a time.Duration that JSON has as text, such as "90s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err == nil && parsed <= 0 {
		err = errors.New("it must be more than nothing")
	}
	if err != nil {
		return fmt.Errorf("duration %q: %w", schema.Printable(string(text)), err)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// ReadFixture reads DIR/fixture.json. The secrets that it names are looked up
// in the environment.
func ReadFixture(dir string) (Fixture, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Fixture{}, fmt.Errorf("find the fixture: %w", err)
	}
	file := filepath.Join(dir, fixtureFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return Fixture{}, fmt.Errorf("read the fixture: %w", err)
	}
	f, err := parseFixture(data)
	if err != nil {
		return Fixture{}, fmt.Errorf("read %s: %w", file, err)
	}
	f.Dir, f.Getenv = dir, os.LookupEnv
	return f, nil
}

// parseFixture refuses members that it does not know: a check that is silently
// not made looks like one that passed.
func parseFixture(data []byte) (Fixture, error) {
	var f Fixture
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return Fixture{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Fixture{}, errors.New("something follows the fixture")
	}
	return f, f.check()
}

func (f *Fixture) check() error {
	if f.Source == nil {
		return nil
	}
	for i, r := range f.Source.Repositories {
		if len(r.Settings) == 0 {
			return fmt.Errorf("repository %d of the source has no settings", i+1)
		}
	}
	for i, d := range f.Source.Discover {
		if d.Kind == "" {
			return fmt.Errorf("discover %d of the source has no kind", i+1)
		}
	}
	return nil
}

// complete fills in what may be left out.
func (f Fixture) complete() Fixture {
	if f.Timeout == 0 {
		f.Timeout = Duration(defaultTimeout)
	}
	if f.Patience == 0 {
		f.Patience = Duration(defaultPatience)
	}
	return f
}

// secrets looks the secrets of a connection up.
func (f *Fixture) secrets(c Connection) (map[string]string, error) {
	texts := make(map[string]string, len(c.Secrets))
	for attribute, variable := range c.Secrets {
		text, ok := "", false
		if f.Getenv != nil {
			text, ok = f.Getenv(variable)
		}
		if !ok {
			return nil, fmt.Errorf("the environment variable %s, which is to hold the secret %s, is not set", variable, attribute)
		}
		texts[attribute] = text
	}
	return texts, nil
}

// object is settings, or an empty object when there are none.
func object(settings json.RawMessage) json.RawMessage {
	if len(settings) == 0 {
		return json.RawMessage("{}")
	}
	return settings
}

// expand puts the path of the scratch folder into settings.
func expand(settings json.RawMessage, scratch string) (json.RawMessage, error) {
	quoted, err := json.Marshal(scratch)
	if err != nil {
		return nil, fmt.Errorf("path of the scratch folder: %w", err)
	}
	path := string(quoted[1 : len(quoted)-1])
	return json.RawMessage(strings.ReplaceAll(string(object(settings)), "${SCRATCH}", path)), nil
}
