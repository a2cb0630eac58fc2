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
	repos      map[string]*repository // by Ref.ID
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
	token := strings.TrimSpace(config.Secrets["access_token"])
	if token == "" {
		return nil, &providers.Error{Code: providers.CodeAuth, Message: "there is no access token", Hint: "set access_token to a secret", Attribute: "access_token"}
	}
	client, err := api.New(api.Options{URL: c.URL, Token: token, CAFile: c.CAFile, UserAgent: "drover/" + version})
	if err != nil {
		return nil, err
	}
	t := &target{
		api: client, token: token, caFile: c.CAFile, scratch: config.Scratch,
		repos: map[string]*repository{},
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
		return nil, blameToken(err)
	}
	t.threads = threads.New(threads.Options{API: client, User: t.user.Login, Admin: t.user.IsAdmin})
	return t, nil
}

// blameToken says of a failure to sign in which setting is at fault.
func blameToken(err error) error {
	e := forgetarget.Failure("sign in", "", err)
	if e.Code == providers.CodeAuth || e.Code == providers.CodeDenied {
		e.Attribute = "access_token"
		e.Hint = "make a new token, with the scopes that the documentation of the provider lists"
	}
	return e
}

func (t *target) Close() error { return nil }

// repositoryRef is how a repository is known: by an id that survives renames.
func repositoryRef(r *api.Repository) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(r.ID, 10), URL: r.HTMLURL}
}

// repository finds the repository of a ref. It asks the server once.
func (t *target) repository(ctx context.Context, ref schema.Ref) (*repository, error) {
	t.mu.Lock()
	known := t.repos[ref.ID]
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	id, err := strconv.ParseInt(ref.ID, 10, 64)
	if err != nil || id <= 0 {
		return nil, &providers.Error{Code: providers.CodeNotFound, Message: fmt.Sprintf("%q is not the id of a repository of this server", schema.Printable(ref.ID)),
			Hint: "plan again, so that the repository is found or created"}
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
	if err != nil || len(raw) == 0 {
		return known, err
	}
	settings, err := readPlacement(raw)
	if err != nil {
		return nil, err
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.placement = settings
	return known, nil
}

// remember notes how a repository is called now.
func (t *target) remember(r *api.Repository) *repository {
	id := strconv.FormatInt(r.ID, 10)
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.repos[id]
	if known == nil {
		known = &repository{id: id}
		known.placement, _ = readPlacement(nil) // fails for malformed settings only
		t.repos[id] = known
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.name, known.archived = r.Repo(), r.Archived
	return known
}

// place notes the settings of a repository that stands at a place.
func (t *target) place(r *api.Repository, p placement) *repository {
	known := t.remember(r)
	if p.known {
		known.mu.Lock()
		known.placement = p
		known.mu.Unlock()
	}
	return known
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

// remote is where git finds a part of a repository. The address is made of the
// one that the plan names: what the server says of itself may be another host.
func (t *target) remote(repo api.Repo, part providers.Part) gitrepo.Remote {
	suffix := ".git"
	if part == providers.PartWiki {
		suffix = ".wiki.git"
	}
	return gitrepo.Remote{URL: t.api.Base() + "/" + repo.Owner + "/" + repo.Name + suffix, Username: t.user.Login, Password: t.token, CAFile: t.caFile}
}

// as is the client of a person who has an account, when the token may act for
// others.
func (t *target) as(p schema.Person) (*api.Client, bool) {
	if p.User == "" || !t.user.IsAdmin {
		return t.api, p.User != "" && strings.EqualFold(p.User, t.user.Login)
	}
	return t.api.As(p.User), true
}
