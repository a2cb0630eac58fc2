package github

import (
	"context"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
)

// place is where a repository is at the moment, and how it is to be read.
type place struct {
	choice
	client *api.Client // with the repository's page size
	nodeID string
	url    string // of its page

	former []string // names by which it went before, as far as that is known
}

func (p place) fullName() string { return p.owner + "/" + p.name }

// find looks up a repository by its identity when it has one, and else by what
// its block says.
func (s *source) find(ctx context.Context, repo providers.Repo) (place, error) {
	p, err := s.chosen(repo)
	if err != nil {
		return place{}, err
	}
	var r api.Repository
	if p.id != 0 {
		r, err = p.client.RepositoryByID(ctx, p.id)
	} else {
		r, err = p.client.RepositoryByName(ctx, p.owner, p.name)
	}
	if err != nil {
		return place{}, err
	}
	return s.at(p, r)
}

// chosen is what a block and an identity say, without asking.
func (s *source) chosen(repo providers.Repo) (place, error) {
	c, err := readChoice(repo)
	if err != nil {
		return place{}, err
	}
	if c.allGists {
		return place{}, &providers.Error{Code: providers.CodeUnsupported, Message: "all gists together can be inspected only; they are for a target that imports by itself",
			Hint: "set method = \"import_api\", or name each gist by gist_id", Attribute: "all_gists"}
	}
	if c.pageSize == 0 {
		c.pageSize = s.pageSize
	}
	if c.strategy == "" {
		c.strategy = s.strategy
	}
	if c.gist == "" {
		if id, err := forgesource.Number(repo.Identity); err != nil {
			return place{}, err
		} else if id != 0 {
			c.id = id
		}
	}
	return place{choice: c, client: s.client.Paged(c.pageSize)}, nil
}

// at is p at the repository that GitHub found, which is remembered.
func (s *source) at(p place, r api.Repository) (place, error) {
	owner, name, ok := splitName(r.FullName)
	if !ok || r.ID <= 0 {
		return place{}, providers.Errorf(providers.CodeInvalid, "GitHub answered with a repository that has no proper name")
	}
	p = p.called(r.ID, owner, name)
	p.nodeID, p.url = r.NodeID, r.URL
	s.remember(p)
	return p, nil
}

// called is p under the name that it has now. The one in its block is a former
// one when it differs: texts link to both.
func (p place) called(id int64, owner, name string) place {
	if p.owner != "" && !sameName(p.fullName(), owner+"/"+name) {
		p.former = append(slices.Clone(p.former), p.fullName())
	}
	p.id, p.owner, p.name = id, owner, name
	return p
}

func (s *source) remember(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[p.id] = p
}

// recall is what was last seen of a repository.
func (s *source) recall(id int64) (place, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.known[id]
	return p, ok
}

// lately is find for what is asked often and would be refused if the repository
// had moved.
func (s *source) lately(ctx context.Context, repo providers.Repo) (place, error) {
	p, err := s.chosen(repo)
	if err != nil {
		return place{}, err
	}
	if seen, ok := s.recall(p.id); ok && p.id != 0 {
		p = p.called(seen.id, seen.owner, seen.name)
		p.nodeID, p.url = seen.nodeID, seen.url
		return p, nil
	}
	return s.find(ctx, repo)
}

// sameName compares names as GitHub does.
func sameName(a, b string) bool { return strings.EqualFold(a, b) }
