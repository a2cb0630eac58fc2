package reading

import (
	"context"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/reading/body"
)

// place is a project as it stands at the moment, and how it is to be read.
type place struct {
	choice
	found api.FullProject
}

func (p place) fullPath() string { return p.found.PathWithNamespace }

// find looks up a project by its identity when it has one, and else by what its
// block says.
func (s *source) find(ctx context.Context, repo providers.Repo) (place, error) {
	c, err := readChoice(repo)
	if err != nil {
		return place{}, err
	}
	if c.group {
		return place{}, &providers.Error{Code: providers.CodeUnsupported, Message: "a group holds no records of its own to read",
			Hint: "let a target with GitLab's direct transfer import it, or name its projects in repository blocks"}
	}
	p := place{choice: c}
	if p.found, err = s.api.FullProject(ctx, c.id); err != nil {
		return place{}, err
	}
	if !isPath(p.fullPath()) || p.found.ID <= 0 || c.number != 0 && p.found.ID != c.number {
		return place{}, providers.Errorf(providers.CodeInvalid, "the server answered with a project that was not asked for, or that has no proper path")
	}
	p.number, p.id = p.found.ID, api.Number(p.found.ID)
	return p, nil
}

// links is the project as texts name it: at the address that the plan has for the
// server, and at the one that the server thinks it has.
func (s *source) links(p place) body.Project {
	of := body.Project{ID: p.number, FullPath: p.fullPath(), Bases: []string{s.url}}
	if n := len(p.found.WebURL) - len(p.fullPath()) - 1; n > 0 && strings.EqualFold(p.found.WebURL[n:], "/"+p.fullPath()) && p.found.WebURL[:n] != s.url {
		of.Bases = append(of.Bases, p.found.WebURL[:n])
	}
	return of
}
