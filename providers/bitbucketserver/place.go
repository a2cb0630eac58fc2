package bitbucketserver

import (
	"context"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
)

// place is where a repository is at the moment, and how it is to be read.
type place struct {
	choice
	found api.Repository // as the server told it
}

func (p place) fullName() string { return p.name.String() }

// page is where the pages of the repository are.
func (s *source) page(p place) string { return s.url + p.name.Path() }

// files are the files of the repository. Texts name the server by the address that
// the plan has, or by the one that the server is set up with, and a personal
// repository in two ways.
func (s *source) files(p place) body.Files {
	f := body.Files{Bases: []string{s.url}, Paths: []string{p.name.Path()}, Repository: p.id}
	if user, ok := strings.CutPrefix(p.name.Project, "~"); ok {
		f.Paths = append(f.Paths, "/users/"+url.PathEscape(user)+"/repos/"+url.PathEscape(p.name.Slug))
	}
	for _, self := range p.found.Links.Self {
		for _, path := range f.Paths {
			if own, ok := cutSuffixFold(self.Href, path+"/browse"); ok && own != s.url {
				f.Bases = append(f.Bases, own)
			}
		}
	}
	return f
}

// cutSuffixFold cuts a suffix off s, however its letters are written.
func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

// find looks up a repository. See "Identity" in the comment of the package.
func (s *source) find(ctx context.Context, repo providers.Repo) (place, error) {
	c, err := readChoice(repo)
	if err != nil {
		return place{}, err
	}
	if c.strategy == "" {
		c.strategy = s.strategy
	}
	p := place{choice: c}
	p.found, err = s.api.Repository(ctx, c.name)
	if c.id != 0 && (api.IsHidden(err) || err == nil && p.found.ID != c.id) {
		p.found, err = s.search(ctx, c)
	}
	if err != nil {
		return place{}, err
	}
	return p.complete()
}

// search looks for a repository by its id among all.
func (s *source) search(ctx context.Context, c choice) (api.Repository, error) {
	for r, err := range s.api.Repositories(ctx, api.ArchivedAll) {
		if err != nil {
			return api.Repository{}, err
		}
		if r.ID == c.id {
			return r, nil
		}
	}
	return api.Repository{}, &providers.Error{Code: providers.CodeNotFound, Op: "look up repository", Subject: c.name.String(),
		Message: "the account sees no repository with the id " + body.ID(c.id), Hint: "it was deleted, or the account lost its access; if the name stands for another repository now, take it out of the plan first"}
}

// complete fills in what the server found.
func (p place) complete() (place, error) {
	name := p.found.Repo()
	switch {
	case !isProject(name.Project) || !isSlug(name.Slug) || p.found.ID <= 0:
		return place{}, providers.Errorf(providers.CodeInvalid, "the server answered with a repository that has no proper name")
	case p.found.SCM != "" && p.found.SCM != "git":
		return place{}, providers.Errorf(providers.CodeUnsupported, "the repository is not one of git")
	case p.found.State == "INITIALISING" || p.found.State == "OFFLINE":
		return place{}, &providers.Error{Code: providers.CodeUnavailable, Op: "look up repository", Subject: name.String(),
			Message: "the repository is not available: " + p.found.State, Hint: "wait until it is, and run the command again"}
	}
	p.id, p.name = p.found.ID, name
	return p, nil
}
