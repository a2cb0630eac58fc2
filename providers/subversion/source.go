package subversion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

// source reads repositories. It keeps nothing between calls.
type source struct {
	providers.UnimplementedSource

	dir         string // where relative paths start, absolute
	scratch     string
	username    string
	password    string
	caFile      string // absolute, or ""
	connections int
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
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, providers.Errorf(providers.CodeInternal, "find the folder of the plan: %w", err)
	}
	s := &source{
		dir: dir, scratch: config.Scratch, caFile: settings.CAFile, connections: settings.Connections,
		username: settings.Username, password: config.Secrets["password"],
	}
	for _, field := range [][2]string{{"username", s.username}, {"password", s.password}} {
		if strings.ContainsFunc(field[1], unicode.IsControl) {
			return nil, &providers.Error{Code: providers.CodeInvalid, Op: "open source", Attribute: field[0],
				Message: field[0] + " contains a control character, such as a line break",
				Hint:    "remove it; a secret read from a file may end with a line break"}
		}
	}
	if s.caFile != "" && !filepath.IsAbs(s.caFile) {
		s.caFile = filepath.Join(s.dir, s.caFile)
	}
	return s, nil
}

// Detect opens what is at url and reads its log for projects.
func (s *source) Detect(ctx context.Context, url string) (providers.Detection, error) {
	at, err := parseAddress(url)
	if err != nil {
		return providers.Detection{}, nil // an address that is none of Subversion's
	}
	repo, err := s.open(ctx, url, nil)
	var damaged *svn.Error
	switch code := providers.CodeOf(classify(err)); {
	case err == nil:
	case ctx.Err() != nil, errors.As(err, &damaged), code == providers.CodeAuth, !at.local() && code == providers.CodeUnavailable:
		return providers.Detection{}, failure("detect", &settings{URL: url}, err)
	default:
		return providers.Detection{}, nil
	}
	defer repo.Close() // it was only read
	survey, err := readSurvey(ctx, repo, func(providers.Progress) {})
	if err != nil {
		return providers.Detection{}, failure("detect", &settings{URL: url}, err)
	}
	found := providers.Detection{Found: true}
	if list := survey.candidates(repo.prefix); len(list) > 1 {
		for _, folder := range list {
			choice, err := json.Marshal(map[string]string{"project": projectName(folder, repo.prefix)})
			if err != nil {
				return providers.Detection{}, providers.Errorf(providers.CodeInternal, "write a project choice: %w", err)
			}
			found.Choices = append(found.Choices, providers.ProjectChoice{Label: svn.Printable("/" + folder), Settings: choice})
		}
	}
	return found, nil
}

// projectName is how a plan names the project in folder.
func projectName(folder, prefix string) string {
	if name := rest(folder, prefix); name != "" {
		return name
	}
	return "."
}

func severalProjects(found []string, prefix string) error {
	const most = 10
	var names []string
	for i, folder := range found {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(found)-most))
			break
		}
		names = append(names, fmt.Sprintf("%q", svn.Printable(projectName(folder, prefix))))
	}
	return invalid("project", fmt.Sprintf("the repository holds %d projects: %s", len(found), strings.Join(names, ", ")),
		`choose one by project = "NAME", with one repository block for each, or describe them all in a layout block`)
}

// Authors lists who made revisions below the folder that is converted. It reads
// the log and no files. RemoteID is the mail address that commits have until
// people are mapped.
func (s *source) Authors(ctx context.Context, repo providers.Repo, _ string) iter.Seq2[schema.Author, error] {
	const op = "list authors"
	return func(yield func(schema.Author, error) bool) {
		settings, err := readSettings(repo.Settings)
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		authors, err := s.authors(ctx, settings)
		if err != nil {
			yield(schema.Author{}, failure(op, settings, err))
			return
		}
		for _, a := range authors {
			if !yield(a, nil) {
				return
			}
		}
	}
}
