package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// SystemSource is the provider name of the engine's own kind of source: one
// credential for whatever version control system stands behind a URL.
const SystemSource = "vcs"

// The settings of a source "vcs" block and of the repositories that read from
// it, in the words of GitHub's source imports.
const (
	settingSystem   = "vcs"
	settingURL      = "vcs_url"
	settingUsername = "vcs_username"
	settingPassword = "vcs_password"
)

// Systems are the providers of version control systems: what a source "vcs"
// chooses from.
type Systems []providers.Description

// NewSystems picks from descriptions those of version control systems, by the
// name of the system.
func NewSystems(descriptions []providers.Description) Systems {
	var s Systems
	for _, d := range descriptions {
		if d.Source != nil && d.Source.System != "" {
			s = append(s, d)
		}
	}
	slices.SortFunc(s, func(a, b providers.Description) int { return strings.Compare(a.Source.System, b.Source.System) })
	return s
}

// names lists the systems.
func (s Systems) names() []string {
	names := make([]string, len(s))
	for i, d := range s {
		names[i] = d.Source.System
	}
	return slices.Compact(names)
}

// words are what the vcs attribute takes: the systems, and those of GitHub's
// source imports even where no provider for them is installed, which Resolve
// explains.
func (s Systems) words() []string {
	words := append(s.names(), "git", "mercurial", "subversion", "tfvc")
	slices.Sort(words)
	return slices.Compact(words)
}

// Schema is what plan files may say about a source "vcs" and its repositories:
// whatever one of the systems accepts. Resolve refuses what the system that is
// found does not know.
func (s Systems) Schema() schema.ProviderSchema {
	out := schema.ProviderSchema{
		Name: SystemSource, IsSource: true,
		Source: schema.Attributes{
			{Name: settingUsername, Type: schema.TypeString, Doc: "The user name at the version control server."},
			{Name: settingPassword, Type: schema.TypeString, Secret: true, Doc: "The password at the version control server."},
		},
		Repository: schema.Attributes{
			{Name: settingURL, Type: schema.TypeString, Required: true, Doc: "The URL of the repository."},
			{Name: settingSystem, Type: schema.TypeString, Values: s.words(), Doc: "The version control system behind the URL; absent: it is detected."},
		},
	}
	for _, d := range s {
		for _, a := range d.Source.Repository {
			if out.Repository.Find(a.Name) == nil {
				a.Default, a.Required = "", false // what is in force depends on the system
				out.Repository = append(out.Repository, a)
			}
		}
		for _, a := range d.Source.Settings {
			if a.Name == "ca_file" && out.Source.Find(a.Name) == nil {
				out.Source = append(out.Source, a)
			}
		}
	}
	return out
}

// Expand gives every source "vcs" of m one connection for each system, so that
// each can be asked. They are keyed KEY/SYSTEM.
func (s Systems) Expand(m *schema.Migration) {
	for key, c := range maps.Clone(m.Sources) {
		if c.Provider != SystemSource {
			continue
		}
		for _, d := range s {
			m.Sources[connectionOf(key, d)] = s.connection(c, d)
		}
	}
}

func connectionOf(key string, d providers.Description) string { return key + "/" + d.Source.System }

// connection is a source "vcs" block as the provider of one system takes it.
func (s Systems) connection(c schema.Connection, d providers.Description) schema.Connection {
	words := map[string]string{settingUsername: "username", settingPassword: "password"}
	out := c
	out.Provider, out.Secrets, out.Origins = d.Name, nil, map[string]schema.Range{}
	var given map[string]json.RawMessage
	if json.Unmarshal(c.Settings, &given) != nil {
		given = nil // the plan's loader wrote an object
	}
	settings, endpoint := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for _, a := range d.Source.Settings {
		if a.Default != "" {
			settings[a.Name] = json.RawMessage(a.Default)
		}
	}
	for name, value := range given {
		if word, ok := words[name]; ok {
			name = word
		}
		if a := d.Source.Settings.Find(name); a != nil {
			settings[name] = value
			if a.Identifies {
				endpoint[name] = value
			}
		}
	}
	for name, secret := range c.Secrets {
		if word, ok := words[name]; ok && d.Source.Settings.Find(word) != nil {
			if out.Secrets == nil {
				out.Secrets = map[string]string{}
			}
			out.Secrets[word] = secret
		}
	}
	for name, at := range c.Origins {
		if word, ok := words[name]; ok {
			name = word
		}
		out.Origins[name] = at
	}
	out.Settings, out.Endpoint = mustJSON(settings), nil
	if len(endpoint) > 0 {
		out.Endpoint = mustJSON(endpoint)
	}
	return out
}

// detections is how many URLs are asked about at a time.
const detections = 4

// Resolve finds the system behind every resource of m that reads from a source
// "vcs", which Expand has prepared, and makes it a resource of that system's
// provider. Its vcs setting decides; without one a resource that the state
// knows keeps its system, and of any other every system is asked. A resource
// whose system is not found keeps its source and has a refusal that says why.
func (s Systems) Resolve(ctx context.Context, m *schema.Migration, known []schema.Entry, ends Ends) error {
	entries := make(map[schema.Address]*schema.Entry, len(known))
	for i := range known {
		entries[known[i].Address] = &known[i]
	}
	var g errgroup.Group
	g.SetLimit(detections)
	for i := range m.Resources {
		r := &m.Resources[i]
		if m.Sources[r.Source].Provider != SystemSource {
			continue
		}
		g.Go(func() error {
			s.resolve(ctx, m, r, entries[r.Address], ends)
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	s.drop(m)
	return nil
}

// drop removes the connections that no resource chose. No block's own address
// has a slash in it.
func (s Systems) drop(m *schema.Migration) {
	used := make(map[string]bool, len(m.Sources))
	for i := range m.Resources {
		used[m.Resources[i].Source] = true
	}
	maps.DeleteFunc(m.Sources, func(key string, c schema.Connection) bool {
		return !used[key] && (c.Provider == SystemSource || strings.Contains(key, "/"))
	})
}

func (s Systems) systemOf(provider string) string {
	for _, d := range s {
		if d.Name == provider {
			return d.Source.System
		}
	}
	return ""
}

func (s Systems) resolve(ctx context.Context, m *schema.Migration, r *schema.Resource, e *schema.Entry, ends Ends) {
	var settings map[string]json.RawMessage
	var url, system string
	err := json.Unmarshal(r.Settings, &settings)
	if err == nil {
		err = json.Unmarshal(settings[settingURL], &url)
	}
	if err != nil {
		r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.url", "No repository named", "vcs_url is missing.", "", settingURL))
		return
	}
	if raw, ok := settings[settingSystem]; ok && json.Unmarshal(raw, &system) == nil {
		delete(settings, settingSystem)
	}
	if system == "" {
		system = s.remembered(e, url)
	}
	var chosen *providers.Description
	if system == "" {
		chosen = s.detect(ctx, m, r, url, settings, ends)
	} else if i := slices.IndexFunc(s, func(d providers.Description) bool { return d.Source.System == system }); i >= 0 {
		chosen = &s[i]
	} else {
		r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.missing", "No provider for the system",
			fmt.Sprintf("No provider that is installed reads %q.", schema.Printable(system)), "drover provider list shows what is installed.", settingSystem))
	}
	if chosen != nil {
		s.adopt(r, *chosen, settings)
	}
}

// remembered is the system that an earlier apply found at the same URL.
func (s Systems) remembered(e *schema.Entry, url string) string {
	if e == nil {
		return ""
	}
	var ends Connections
	var was schema.Resource
	var settings struct {
		URL string `json:"vcs_url"`
	}
	if json.Unmarshal(e.Connections, &ends) != nil || json.Unmarshal(e.Settings, &was) != nil || json.Unmarshal(was.Settings, &settings) != nil || settings.URL != url {
		return ""
	}
	return s.systemOf(ends.Source.Provider)
}

// adopt makes r a resource of the provider d.
func (s Systems) adopt(r *schema.Resource, d providers.Description, settings map[string]json.RawMessage) {
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if d.Source.Repository.Find(name) == nil {
			r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.attribute", "Setting of another system",
				fmt.Sprintf("%q says nothing about a repository of %s.", name, d.Source.System), "Remove it, or correct vcs.", name))
		}
	}
	for _, a := range d.Source.Repository {
		if _, set := settings[a.Name]; !set && a.Default != "" {
			settings[a.Name] = json.RawMessage(a.Default)
		}
	}
	r.Settings = mustJSON(settings)
	r.Source = connectionOf(r.Source, d)
}

// detect asks every system whether the URL is one of its own, one after the
// other: old servers do not bear several strange requests at once, hg serve least
// of all right after its start.
func (s Systems) detect(ctx context.Context, m *schema.Migration, r *schema.Resource, url string, settings map[string]json.RawMessage, ends Ends) *providers.Description {
	found := make([]providers.Detection, len(s))
	problems := make([]*providers.Error, len(s))
	sources := make([]providers.Source, len(s))
	var opening sync.WaitGroup // of providers, which takes longer than the questions
	for i, d := range s {
		opening.Go(func() {
			var err error
			sources[i], err = ends.Source(ctx, connectionOf(r.Source, d))
			problems[i] = providers.AsError(err)
		})
	}
	opening.Wait()
	for i, source := range sources {
		if problems[i] == nil {
			var err error
			found[i], err = source.Detect(ctx, url)
			problems[i] = providers.AsError(err)
		}
	}
	var here []int
	for i := range found {
		if found[i].Found {
			here = append(here, i)
		}
	}
	switch {
	case len(here) == 1 && len(found[here[0]].Choices) > 1 && !chooses(settings, found[here[0]].Choices):
		s.refuseChoice(r, s[here[0]], found[here[0]].Choices)
	case len(here) == 1:
		return &s[here[0]]
	case len(here) > 1:
		var choices []providers.ProjectChoice
		for _, i := range here {
			choices = append(choices, providers.ProjectChoice{Label: s[i].Source.System, Settings: mustJSON(map[string]string{settingSystem: s[i].Source.System})})
		}
		r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.detection_found_multiple", "Several systems found",
			fmt.Sprintf("More than one version control system answers at %s.", schema.Printable(url)), "Choose one of them:\n\n"+choicesText(choices), settingURL))
	default:
		s.refuseNothing(m, r, url, problems)
	}
	return nil
}

// chooses reports whether a repository's settings say which of the projects is
// meant. Whether there is one like that is for the provider to say.
func chooses(settings map[string]json.RawMessage, choices []providers.ProjectChoice) bool {
	for _, c := range choices {
		var names map[string]json.RawMessage
		if json.Unmarshal(c.Settings, &names) != nil {
			continue
		}
		for name := range names {
			if _, set := settings[name]; set {
				return true
			}
		}
	}
	return false
}

// refuseChoice asks the plan to choose among the projects at the URL.
func (s Systems) refuseChoice(r *schema.Resource, d providers.Description, choices []providers.ProjectChoice) {
	r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.detection_found_multiple", "Several projects found",
		fmt.Sprintf("There are %d projects of %s at this URL.", len(choices), d.Source.System), "Choose one of them:\n\n"+choicesText(choices), settingURL))
}

// shownChoices is how many choices a refusal prints.
const shownChoices = 20

// choicesText writes choices as HCL to paste.
func choicesText(choices []providers.ProjectChoice) string {
	var b strings.Builder
	for i, c := range choices {
		if i == shownChoices {
			fmt.Fprintf(&b, "  # and %d more\n", len(choices)-i)
			break
		}
		var settings map[string]json.RawMessage
		if json.Unmarshal(c.Settings, &settings) != nil {
			continue
		}
		fmt.Fprintf(&b, "  # %s\n", schema.Printable(c.Label))
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			fmt.Fprintf(&b, "  %s = %s\n", schema.Printable(name), schema.Printable(string(settings[name])))
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// refuseNothing says why no system was found, the most telling reason first.
func (s Systems) refuseNothing(m *schema.Migration, r *schema.Resource, url string, problems []*providers.Error) {
	for _, code := range []providers.Code{providers.CodeAuth, providers.CodeDenied, providers.CodeRateLimited, providers.CodeUnavailable, providers.CodeInvalid, providers.CodeInternal} {
		for i, p := range problems {
			if p == nil || p.Code != code {
				continue
			}
			d := NewDiagnostic(r, "vcs", p)
			switch {
			case code == providers.CodeInvalid:
				d.Summary = "Damaged repository"
			case code != providers.CodeAuth:
				d.Summary = "Detection failed"
			case len(m.Sources[r.Source].Secrets) == 0:
				d.Code, d.Summary = "vcs.detection_needs_auth", "Credentials needed"
				d.Help = fmt.Sprintf("Set vcs_username and vcs_password in %s.", r.Source)
			default:
				d.Code, d.Summary = "vcs.auth_failed", "Credentials refused"
				d.Help = fmt.Sprintf("Correct vcs_username and vcs_password of %s.", r.Source)
			}
			if d.Range = place(r, settingURL); d.Help == "" {
				d.Help = "Asked about " + s[i].Source.System + "."
			}
			r.Refusals = append(r.Refusals, d)
			return
		}
	}
	r.Refusals = append(r.Refusals, finding(r, schema.SeverityError, "vcs.detection_found_nothing", "Nothing found",
		fmt.Sprintf("None of %s is at %s.", strings.Join(s.names(), ", "), schema.Printable(url)),
		"Correct vcs_url, or set vcs to the system that is there to see what it says.", settingURL))
}
