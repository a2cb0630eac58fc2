package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// source reads a folder. It keeps nothing between calls, so that it may be used
// by several goroutines at once.
type source struct {
	providers.UnimplementedSource // it has no records

	folder string
	author person
}

// person is who made the commits.
type person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

func identity(project string) string { return "tarballs:" + project }

// Discover lists the projects of the folder, in the order of their names.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		if query.Kind != kindRepositories {
			yield(providers.Discovered{}, providers.Errorf(providers.CodeUnsupported, "a folder of tarballs has no %q to discover", schema.Printable(query.Kind)))
			return
		}
		projects, err := s.projects(ctx)
		if err != nil {
			yield(providers.Discovered{}, failure("list projects", s.folder, err))
			return
		}
		for _, name := range projects {
			item := schema.Found{Identity: identity(name), ID: name, FullName: name, Name: name, Slug: strings.ToLower(name), DefaultBranch: "main"}
			if !yield(providers.Discovered{Item: &item}, nil) {
				return
			}
		}
		yield(providers.Discovered{End: &providers.ListingEnd{Complete: true}}, nil)
	}
}

// Inspect answers each question. The fault of one project is the answer to its
// question; only the end of the context ends the call.
func (s *source) Inspect(ctx context.Context, queries []providers.Lookup) iter.Seq2[providers.Inspection, error] {
	return func(yield func(providers.Inspection, error) bool) {
		for _, query := range queries {
			if err := ctx.Err(); err != nil {
				yield(providers.Inspection{}, providers.AsError(err))
				return
			}
			answer := providers.Inspection{ID: query.ID}
			facts, err := s.facts(ctx, query.Repo)
			switch {
			case err != nil:
				answer.Problem = failure("inspect", s.folder, err)
			case facts.ETag == query.ETag:
				answer.Unchanged = true
			default:
				answer.Facts = facts
			}
			if !yield(answer, nil) {
				return
			}
		}
	}
}

// facts are what the names, sizes and times of the tarballs tell. The refs are
// not among them: they are known only after a conversion.
func (s *source) facts(ctx context.Context, repo providers.Repo) (*providers.Facts, error) {
	project, releases, err := s.find(ctx, repo)
	if err != nil {
		return nil, err
	}
	facts := &providers.Facts{
		Identity: identity(project), FullName: project, Name: project,
		Parts: []providers.Part{providers.PartCode}, DefaultBranch: mainBranch, ObjectFormat: "sha1",
	}
	for _, r := range releases {
		facts.GitBytes += r.Size
	}
	facts.ETag = schema.Digest([]any{facts, releases, s.author})
	return facts, nil
}

// find reads a repository's settings and lists its releases, oldest first.
func (s *source) find(ctx context.Context, repo providers.Repo) (project string, releases []release, err error) {
	var settings struct {
		Project string `json:"project"`
	}
	if err := json.Unmarshal(repo.Settings, &settings); err != nil {
		return "", nil, providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	if settings.Project == "" {
		return "", nil, &providers.Error{Code: providers.CodeInvalid, Message: "no project was given",
			Hint: "set project to NAME in NAME-VERSION.tar.gz", Attribute: "project"}
	}
	releases, err = s.releases(ctx, settings.Project)
	if err == nil && len(releases) == 0 {
		err = &providers.Error{Code: providers.CodeNotFound, Message: "the folder has no tarball of " + schema.Printable(settings.Project),
			Hint: "correct project; it is NAME in NAME-VERSION.tar.gz", Attribute: "project"}
	}
	return settings.Project, releases, err
}

// Authors lists the one person. Each release names them in a commit and a tag.
func (s *source) Authors(ctx context.Context, repo providers.Repo, _ string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		_, releases, err := s.find(ctx, repo)
		if err != nil {
			yield(schema.Author{}, failure("list authors", s.folder, err))
			return
		}
		yield(schema.Author{
			RemoteID: s.author.Email, RemoteName: s.author.Name, Name: s.author.Name, Email: s.author.Email,
			Commits: 2 * int64(len(releases)),
		}, nil)
	}
}

// failure classifies what went wrong. The engine decides from the code alone
// whether to try again, to skip or to stop.
func failure(op, subject string, err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		e := *known
		if e.Op == "" {
			e.Op, e.Subject = op, schema.Printable(subject)
		}
		return &e
	}
	e := &providers.Error{Code: providers.CodeInternal, Op: op, Subject: schema.Printable(subject), Message: schema.Printable(err.Error()), Err: err}
	switch git := gitrepo.KindOf(err); {
	case git == gitrepo.Canceled, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
	case git == gitrepo.Missing:
		e.Code, e.Hint = providers.CodeUnsupported, "install git and make sure that it is in PATH"
	case git == gitrepo.NoSpace:
		e.Code, e.Hint = providers.CodeDenied, "free space where drover keeps its working copies, and apply again"
	case errors.Is(err, fs.ErrNotExist):
		e.Code, e.Hint, e.Attribute = providers.CodeNotFound, "correct folder; a relative path starts at the folder of the plan", "folder"
	case errors.Is(err, fs.ErrPermission):
		e.Code, e.Hint = providers.CodeDenied, "give the user that runs drover permission to read it"
	}
	return e
}
