package bitbucketcloud

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
)

// place is where a repository is at the moment, and how it is to be read.
type place struct {
	choice
	found api.Repository
}

func (p place) fullName() string { return p.repo.Workspace + "/" + p.repo.Slug }

// find looks up a repository by its identity when it has one, and else by its name.
func (s *source) find(ctx context.Context, repo providers.Repo) (place, error) {
	c, err := readChoice(repo)
	if err != nil {
		return place{}, err
	}
	found, err := s.client.Repository(ctx, c.repo)
	if err != nil {
		return place{}, err
	}
	return at(c, found)
}

// at is a choice at the repository that was found.
func at(c choice, found api.Repository) (place, error) {
	named, ok := splitName(found.FullName)
	if !ok || !isUUID(found.UUID) || c.repo.UUID != "" && c.repo.UUID != found.UUID {
		return place{}, providers.Errorf(providers.CodeInvalid, "Bitbucket answered with a repository that was not asked for, or that has no proper name")
	}
	c.repo = api.Repo{Workspace: named.Workspace, Slug: named.Slug, UUID: found.UUID}
	return place{choice: c, found: found}, nil
}

func visibility(r api.Repository) string {
	if r.Private {
		return "private"
	}
	return "public"
}

// branch is the main branch; empty while there is none.
func branch(r api.Repository) string {
	if r.Main == nil {
		return ""
	}
	return r.Main.Name
}
