package reading

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

// place is where a repository is at the moment, and how it is to be read.
type place struct {
	choice
	api   *api.Client    // with the repository's page size
	found api.Repository // as the server told it; zero before it was asked
}

func (p place) fullName() string { return p.name.String() }

// bases are the addresses at which texts may name the server: the one that the
// plan names, and the one that the server thinks it has.
func (s *source) bases(p place) []string {
	all := []string{s.url}
	if own, ok := cutSuffixFold(p.found.HTMLURL, "/"+p.fullName()); ok && own != s.url {
		all = append(all, own)
	}
	return all
}

// chosen is what a block and an identity say, without asking.
func (s *source) chosen(repo providers.Repo) (place, error) {
	c, err := readChoice(repo)
	if err != nil {
		return place{}, err
	}
	if c.pageSize <= 0 || c.pageSize > s.pageSize {
		c.pageSize = s.pageSize
	}
	return place{choice: c, api: s.api.Paged(c.pageSize)}, nil
}

// find looks up a repository by its identity when it has one, and else by what
// its block says.
func (s *source) find(ctx context.Context, repo providers.Repo) (place, error) {
	p, err := s.chosen(repo)
	if err != nil {
		return place{}, err
	}
	if p.id != 0 {
		p.found, err = p.api.RepositoryByID(ctx, p.id)
	} else {
		p.found, err = p.api.Repository(ctx, p.name)
	}
	if err != nil {
		return place{}, err
	}
	return p.complete()
}

// complete fills in what the server found.
func (p place) complete() (place, error) {
	name := p.found.Repo()
	if !isName(name.Owner) || !isName(name.Name) || p.found.ID <= 0 || p.id != 0 && p.found.ID != p.id {
		return place{}, providers.Errorf(providers.CodeInvalid, "the server answered with a repository that was not asked for, or that has no proper name")
	}
	p.id, p.name = p.found.ID, name
	return p, nil
}
