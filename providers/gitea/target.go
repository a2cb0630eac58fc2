package gitea

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/providers/gitea/threads"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

const noun forgetarget.Noun = "repository"

// target writes to one server. What it knows of repositories is kept while it
// is open, so that nothing is asked for twice.
type target struct {
	providers.UnimplementedTarget

	api     *api.Client
	server  api.Server
	user    api.User // whose token it is
	token   string
	caFile  string
	scratch string

	threads *threads.Writer

	mu         sync.Mutex
	repos      map[int64]*repository
	namespaces namespaces
}

// repository is what the target knows of one repository.
type repository struct {
	id string

	mu        sync.Mutex // guards what follows
	name      api.Repo
	placement placement
	archived  bool

	catalog catalog
}

func newTarget(ctx context.Context, config providers.Config) (*target, error) {
	c, err := readConnection(config)
	if err != nil {
		return nil, err
	}
	token, err := forgetarget.Token(config)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{URL: c.URL, Token: token, CAFile: c.CAFile, UserAgent: "drover/" + version})
	if err != nil {
		return nil, err
	}
	t := &target{
		api: client, token: token, caFile: c.CAFile, scratch: config.Scratch,
		repos: map[int64]*repository{},
	}
	if t.server, err = client.Server(ctx); err != nil {
		return nil, err
	}
	if !t.server.Gitea.AtLeast(1, 22) {
		return nil, &providers.Error{Code: providers.CodeUnsupported, Subject: client.Base(), Attribute: "url",
			Message: fmt.Sprintf("the server is version %s; Gitea 1.22 or Forgejo 9 is the oldest that works", schema.Printable(t.server.Version)),
			Hint:    "upgrade the server"}
	}
	if t.user, err = client.Whoami(ctx); err != nil {
		return nil, forgetarget.SignIn(err, "make a new token, with the scopes that the documentation of the provider lists")
	}
	t.threads = threads.New(threads.Options{API: client, User: t.user.Login, Admin: t.user.IsAdmin})
	return t, nil
}

func (t *target) Close() error { return nil }

// repositoryRef is how a repository is known: by an id that survives renames.
func repositoryRef(r *api.Repository) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(r.ID, 10), URL: r.HTMLURL}
}

// repository finds the repository of a ref. It asks the server once.
func (t *target) repository(ctx context.Context, ref schema.Ref) (*repository, error) {
	id, err := noun.ID(ref)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	known := t.repos[id]
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	r, err := t.api.RepositoryByID(ctx, id)
	if err != nil {
		return nil, err
	}
	return t.remember(&r), nil
}

// placed is repository, for a request that tells the settings of the
// repository block.
func (t *target) placed(ctx context.Context, ref schema.Ref, raw json.RawMessage) (*repository, error) {
	known, err := t.repository(ctx, ref)
	if err != nil {
		return nil, err
	}
	settings, err := readPlacement(raw)
	if err != nil {
		return nil, err
	}
	known.place(settings)
	return known, nil
}

// remember notes how a repository is called now.
func (t *target) remember(r *api.Repository) *repository {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.repos[r.ID]
	if known == nil {
		known = &repository{id: repositoryRef(r).ID}
		known.placement, _ = readPlacement(nil) // fails for malformed settings only
		t.repos[r.ID] = known
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.name, known.archived = r.Repo(), r.Archived
	return known
}

// place notes the settings of a repository that stands at a place.
func (t *target) place(r *api.Repository, p placement) *repository {
	known := t.remember(r)
	known.place(p)
	return known
}

// place notes settings that a plan told.
func (r *repository) place(p placement) {
	if p.known {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.placement = p
	}
}

// repo is how requests name the repository.
func (r *repository) repo() api.Repo {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.name
}

func (r *repository) settings() placement {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.placement
}

// remote is where git finds a part of a repository.
func (t *target) remote(repo api.Repo, part providers.Part) gitrepo.Remote {
	return gitrepo.Remote{URL: forgetarget.GitURL(t.api.Base(), repo.String(), part), Username: t.user.Login, Password: t.token, CAFile: t.caFile}
}

// as is the client of a person who has an account, when the token may act for
// others.
func (t *target) as(p schema.Person) (*api.Client, bool) {
	if p.User == "" || !t.user.IsAdmin {
		return t.api, p.User != "" && strings.EqualFold(p.User, t.user.Login)
	}
	return t.api.As(p.User), true
}
