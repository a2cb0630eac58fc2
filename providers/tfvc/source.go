package tfvc

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// source reads projects. It keeps nothing between calls.
type source struct {
	providers.UnimplementedSource

	options azure.Options
}

func openSource(_ context.Context, config providers.Config) (providers.Source, error) {
	var settings struct {
		Username    string `json:"username"`
		CAFile      string `json:"ca_file"`
		Connections int    `json:"connections"`
	}
	if err := decode(config.Settings, &settings); err != nil {
		return nil, err
	}
	s := &source{options: azure.Options{
		Username: settings.Username, Password: config.Secrets["password"], CAFile: settings.CAFile, Connections: settings.Connections,
	}}
	for _, field := range [][2]string{{"username", s.options.Username}, {"password", s.options.Password}} {
		if strings.ContainsFunc(field[1], unicode.IsControl) {
			return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open source", Attribute: field[0],
				Message: field[0] + " contains a control character, such as a line break",
				Hint:    "remove it; a secret read from a file may end with a line break"}
		}
	}
	if s.options.CAFile != "" && !filepath.IsAbs(s.options.CAFile) {
		dir, err := filepath.Abs(config.Dir)
		if err != nil {
			return nil, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
		}
		s.options.CAFile = filepath.Join(dir, s.options.CAFile)
	}
	return s, nil
}

// client returns a client for an address. Observe, which may be nil, is told of
// waits.
func (s *source) client(address azure.Address, observe func(providers.Progress)) (*azure.Client, error) {
	options := s.options
	if observe != nil {
		options.Waiting = func(until time.Time, reason string) {
			observe(providers.Progress{Phase: "importing", Throttled: &providers.Throttle{Until: until, Reason: reason}})
		}
	}
	return azure.New(address, options)
}

// Detect asks for the projects at url that hold files under version control.
func (s *source) Detect(ctx context.Context, url string) (providers.Detection, error) {
	address, err := azure.ParseAddress(url)
	if err != nil || address.Git {
		return providers.Detection{}, nil // an address that is none of TFVC's
	}
	client, err := s.client(address, nil)
	if err != nil {
		return providers.Detection{}, err
	}
	defer client.Close()
	names, err := projectNames(ctx, client)
	switch code := providers.CodeOf(err); {
	case err == nil:
	case ctx.Err() != nil, code == providers.CodeUnavailable, code == providers.CodeRateLimited, code == providers.CodeAuth && !azure.IsForeign(err):
		return providers.Detection{}, failure("detect", &settings{address: address}, err)
	default:
		return providers.Detection{}, nil
	}
	if address.Project != "" {
		found := slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(address.Project) })
		return providers.Detection{Found: found}, nil
	}
	found := providers.Detection{Found: len(names) > 0}
	if len(names) < 2 {
		return found, nil
	}
	for _, name := range names {
		choice, err := json.Marshal(map[string]string{"tfvc_project": name})
		if err != nil {
			return providers.Detection{}, providers.Errorf(providers.CodeInternal, "write a project choice: %w", err)
		}
		found.Choices = append(found.Choices, providers.ProjectChoice{Label: schema.Printable(serverRoot + name), Settings: choice})
	}
	return found, nil
}

// projectNames lists the projects that hold something: the folders of the root
// that are not empty.
func projectNames(ctx context.Context, client *azure.Client) ([]string, error) {
	var names []string
	for item, err := range client.Items(ctx, serverRoot, 0, azure.OneLevel) {
		if err != nil {
			return nil, err
		}
		if name := strings.Trim(strings.TrimPrefix(item.Path, "$"), "/"); name != "" && item.Folder && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, comparePaths)
	filled := make([]bool, len(names))
	ask, ctx := errgroup.WithContext(ctx)
	ask.SetLimit(client.Connections())
	for i, name := range names {
		ask.Go(func() error {
			for item, err := range client.Items(ctx, serverRoot+name, 0, azure.OneLevel) {
				if err != nil {
					return err
				}
				if filled[i] = strings.Count(item.Path, "/") > 1; filled[i] {
					break
				}
			}
			return nil
		})
	}
	if err := ask.Wait(); err != nil {
		return nil, err
	}
	var list []string
	for i, name := range names {
		if filled[i] {
			list = append(list, name)
		}
	}
	return list, nil
}

// resolve finds the project that is meant: by its identity, its name, or because
// there is no other.
func resolve(ctx context.Context, client *azure.Client, settings *settings, id string) (azure.Project, error) {
	name := settings.Project
	if guid, ok := strings.CutPrefix(id, "tfvc:"); ok {
		name = guid
	}
	if name == "" {
		names, err := projectNames(ctx, client)
		switch {
		case err != nil:
			return azure.Project{}, err
		case len(names) == 0:
			return azure.Project{}, &providers.Error{Code: providers.CodeNotFound, Message: "no project there holds files under TFVC", Attribute: "vcs_url", Hint: "correct vcs_url"}
		case len(names) > 1:
			return azure.Project{}, severalProjects(names)
		}
		name = names[0]
	}
	p, err := client.Project(ctx, name)
	if err != nil {
		return p, err
	}
	if p.ID == "" || p.Name == "" || strings.Contains(p.Name, "/") || checkPath(p.Name) != nil {
		return p, providers.Errorf(providers.CodeInvalid, "the server names the project %q with the id %q", schema.Printable(p.Name), schema.Printable(p.ID))
	}
	return p, nil
}

func severalProjects(names []string) error {
	const most = 10
	var shown []string
	for i, name := range names {
		if i == most {
			shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		shown = append(shown, fmt.Sprintf("%q", schema.Printable(name)))
	}
	return invalid("tfvc_project", fmt.Sprintf("there are %d projects: %s", len(names), strings.Join(shown, ", ")),
		`choose one by tfvc_project = "NAME", with one repository block for each`)
}

func noContent(project string) error {
	return &providers.Error{Code: providers.CodeNotFound, Message: fmt.Sprintf("the project %q has no files under TFVC", schema.Printable(project)),
		Attribute: "tfvc_project", Hint: `correct tfvc_project; a project that uses git is read with vcs = "git"`}
}

// Authors lists who made changesets of a project, checked them in, or made
// labels. It reads no changes and no files. RemoteID is the mail address that
// commits have until people are mapped.
func (s *source) Authors(ctx context.Context, repo providers.Repo, _ string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		settings, err := readSettings(repo.Settings)
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		authors, err := s.authors(ctx, settings, repo.Identity)
		if err != nil {
			yield(schema.Author{}, failure("list authors", settings, err))
			return
		}
		for _, a := range authors {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func (s *source) authors(ctx context.Context, settings *settings, id string) ([]schema.Author, error) {
	client, err := s.client(settings.address, nil)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	project, err := resolve(ctx, client, settings, id)
	if err != nil {
		return nil, err
	}
	found := map[string]*schema.Author{}
	meet := func(who azure.Identity, commits int64) {
		p := personOf(who, settings.address.Host())
		if found[p.Email] == nil {
			found[p.Email] = &schema.Author{RemoteID: p.Email, RemoteName: p.Name, Name: p.Name, Email: p.Email}
		}
		found[p.Email].Commits += commits
	}
	path := serverRoot + project.Name
	for set, err := range client.Changesets(ctx, path, 0, 0) {
		if err != nil {
			return nil, err
		}
		meet(set.Author, 1)
		if !nobody(set.CheckedInBy) {
			meet(set.CheckedInBy, 0)
		}
	}
	if settings.Labels == tagsWord {
		for l, err := range client.Labels(ctx, path) {
			if err != nil {
				return nil, err
			}
			meet(l.Owner, 0)
		}
	}
	list := make([]schema.Author, 0, len(found))
	for _, id := range slices.Sorted(maps.Keys(found)) {
		list = append(list, *found[id])
	}
	return list, nil
}
