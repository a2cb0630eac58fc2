package engine_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// system is a version control system that finds its repositories by their URLs.
type system struct {
	providers.UnimplementedSource
	found map[string]providers.Detection
	fails map[string]*providers.Error
}

func (s system) Detect(_ context.Context, url string) (providers.Detection, error) {
	if err := s.fails[url]; err != nil {
		return providers.Detection{}, err
	}
	return s.found[url], nil
}

// systemEnds opens a system by its connection.
type systemEnds struct {
	engine.Ends
	systems map[string]system
}

func (e systemEnds) Source(_ context.Context, connection string) (providers.Source, error) {
	s, ok := e.systems[connection]
	if !ok {
		return nil, providers.Errorf(providers.CodeInternal, "no connection %s", connection)
	}
	return s, nil
}

func testSystems() engine.Systems {
	about := func(name string, more ...schema.Attribute) providers.Description {
		return providers.Description{Name: name, Source: &providers.SourceDescription{
			System: name, Git: true,
			Settings: schema.Attributes{
				{Name: "username", Type: schema.TypeString}, {Name: "password", Type: schema.TypeString, Secret: true},
				{Name: "lfs", Type: schema.TypeString, Default: `"auto"`},
			},
			Repository: append(schema.Attributes{{Name: "vcs_url", Type: schema.TypeString, Required: true}}, more...),
		}}
	}
	return engine.NewSystems([]providers.Description{
		about("subversion", schema.Attribute{Name: "project", Type: schema.TypeString}, schema.Attribute{Name: "ignore", Type: schema.TypeBool, Default: "true"}),
		about("git"),
		{Name: "forge", Source: &providers.SourceDescription{}}, // no version control system
	})
}

func TestSystemsSchema(t *testing.T) {
	s := testSystems().Schema()
	var names []string
	for _, a := range s.Repository {
		if a.Default != "" || a.Required && a.Name != "vcs_url" {
			t.Errorf("%s has a default or is required, which depends on the system", a.Name)
		}
		names = append(names, a.Name)
	}
	if diff := cmp.Diff([]string{"vcs_url", "vcs", "project", "ignore"}, names); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"git", "mercurial", "subversion", "tfvc"}, s.Repository.Find("vcs").Values); diff != "" {
		t.Errorf("systems (-want +got):\n%s", diff)
	}
}

func TestResolveSystems(t *testing.T) {
	denied := providers.Errorf(providers.CodeAuth, "no")
	choices := []providers.ProjectChoice{{Label: "/a", Settings: json.RawMessage(`{"project":"a"}`)}, {Label: "/b", Settings: json.RawMessage(`{"project":"b"}`)}}
	ends := systemEnds{systems: map[string]system{
		"source.vcs.old/git": {
			found: map[string]providers.Detection{"g": {Found: true}, "both": {Found: true}},
			fails: map[string]*providers.Error{"locked": denied, "down": providers.Errorf(providers.CodeUnavailable, "no answer")},
		},
		"source.vcs.old/subversion": {
			found: map[string]providers.Detection{"s": {Found: true}, "both": {Found: true}, "several": {Found: true, Choices: choices}},
		},
	}}
	for _, test := range []struct {
		name     string
		settings string
		entry    *schema.Entry
		secrets  map[string]string
		source   string // that the resource ends up with
		want     string // its settings
		refusal  string // code
	}{
		{"detected", `{"vcs_url":"g"}`, nil, nil, "source.vcs.old/git", `{"vcs_url":"g"}`, ""},
		{"detected, with the defaults of the system", `{"vcs_url":"s"}`, nil, nil, "source.vcs.old/subversion", `{"ignore":true,"vcs_url":"s"}`, ""},
		{"named, so not asked", `{"vcs_url":"nowhere","vcs":"git"}`, nil, nil, "source.vcs.old/git", `{"vcs_url":"nowhere"}`, ""},
		{"a setting of another system", `{"vcs_url":"g","project":"a"}`, nil, nil, "source.vcs.old/git", `{"project":"a","vcs_url":"g"}`, "vcs.attribute"},
		{"nobody reads it", `{"vcs_url":"x","vcs":"tfvc"}`, nil, nil, "source.vcs.old", `{"vcs_url":"x","vcs":"tfvc"}`, "vcs.missing"},
		{"nothing there", `{"vcs_url":"x"}`, nil, nil, "source.vcs.old", `{"vcs_url":"x"}`, "vcs.detection_found_nothing"},
		{"two systems", `{"vcs_url":"both"}`, nil, nil, "source.vcs.old", `{"vcs_url":"both"}`, "vcs.detection_found_multiple"},
		{"several projects", `{"vcs_url":"several"}`, nil, nil, "source.vcs.old", `{"vcs_url":"several"}`, "vcs.detection_found_multiple"},
		{"one of several projects", `{"vcs_url":"several","project":"b"}`, nil, nil, "source.vcs.old/subversion", `{"ignore":true,"project":"b","vcs_url":"several"}`, ""},
		{"credentials needed", `{"vcs_url":"locked"}`, nil, nil, "source.vcs.old", `{"vcs_url":"locked"}`, "vcs.detection_needs_auth"},
		{"credentials refused", `{"vcs_url":"locked"}`, nil, map[string]string{"vcs_password": "x"}, "source.vcs.old", `{"vcs_url":"locked"}`, "vcs.auth_failed"},
		{"no answer", `{"vcs_url":"down"}`, nil, nil, "source.vcs.old", `{"vcs_url":"down"}`, "vcs.unavailable"},
		{"known from before", `{"vcs_url":"x"}`, knownSystem("x"), nil, "source.vcs.old/subversion", `{"ignore":true,"vcs_url":"x"}`, ""},
		{"another URL than before", `{"vcs_url":"g"}`, knownSystem("x"), nil, "source.vcs.old/git", `{"vcs_url":"g"}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := &schema.Migration{
				Sources: map[string]schema.Connection{"source.vcs.old": {
					Address: "source.vcs.old", Provider: engine.SystemSource, Settings: json.RawMessage(`{"vcs_username":"u"}`), Secrets: test.secrets,
				}},
				Resources: []schema.Resource{{Address: "repository.r", Source: "source.vcs.old", Settings: json.RawMessage(test.settings)}},
			}
			var known []schema.Entry
			if test.entry != nil {
				known = append(known, *test.entry)
			}
			systems := testSystems()
			systems.Expand(m)
			if err := systems.Resolve(t.Context(), m, known, ends); err != nil {
				t.Fatal(err)
			}
			r := m.Resources[0]
			if r.Source != test.source || string(r.Settings) != test.want {
				t.Errorf("source %s with %s, want %s with %s", r.Source, r.Settings, test.source, test.want)
			}
			var code string
			for _, d := range r.Refusals {
				code = d.Code
			}
			if code != test.refusal {
				t.Errorf("refused with %q, want %q: %v", code, test.refusal, r.Refusals)
			}
			if len(m.Sources) != 1 {
				t.Errorf("connections that nobody uses stayed: %v", m.Sources)
			}
			if c := m.Sources[r.Source]; c.Provider != engine.SystemSource {
				if string(c.Settings) != `{"lfs":"auto","username":"u"}` || len(c.Secrets) != len(test.secrets) || c.Address != "source.vcs.old" {
					t.Errorf("connection %+v", c)
				}
			}
		})
	}
}

// knownSystem is what the state knows of a repository that was Subversion's.
func knownSystem(url string) *schema.Entry {
	return &schema.Entry{
		Address: "repository.r", Connections: json.RawMessage(`{"source":{"provider":"subversion"}}`),
		Settings: json.RawMessage(`{"settings":{"vcs_url":"` + url + `"}}`),
	}
}
