package gitlab

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/gitlab/imports"
	"github.com/drover-migrate/drover/providers/gitlab/threads"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

const (
	noun forgetarget.Noun = "project"

	tokenHint = "make a new token with the scope api; that of an administrator takes sudo too"
)

// target writes to one server. What it knows of projects is kept while it is open,
// so that nothing is asked for twice.
type target struct {
	providers.UnimplementedTarget

	api     *api.Client
	server  api.Server
	user    api.User // whose token it is
	admin   bool     // that user may act for others
	token   string
	caFile  string
	scratch string

	threads *threads.Writer
	imports *imports.Importer

	mu         sync.Mutex
	projects   map[int64]*project
	owners     map[string]*threads.Writer // of personal namespaces, by their paths in lower case
	namespaces namespaces
}

// project is what the target knows of one project.
type project struct {
	id int64

	mu        sync.Mutex // guards what follows
	path      string     // with that of its namespace
	personal  bool       // it is in a user's own namespace
	format    string     // of object ids
	placement placement

	settling sync.Mutex // held while the project is made ready to be written to
	settled  bool       // it is; guarded by settling

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
	t := &target{api: client, token: token, caFile: c.CAFile, scratch: config.Scratch, projects: map[int64]*project{}, owners: map[string]*threads.Writer{}}
	if t.user, err = client.CurrentUser(ctx); err != nil {
		return nil, forgetarget.SignIn(err, tokenHint)
	}
	if t.server, err = client.Metadata(ctx); err != nil {
		return nil, forgetarget.SignIn(err, tokenHint)
	}
	if !t.server.Version.AtLeast(16, 0) {
		return nil, &providers.Error{Code: providers.CodeUnsupported, Subject: client.Base(), Attribute: "url",
			Message: fmt.Sprintf("the server is version %s; 16.0 is the oldest that works", schema.Printable(t.server.Text)),
			Hint:    "upgrade the server"}
	}
	if t.admin, err = t.mayActForOthers(ctx); err != nil {
		return nil, forgetarget.SignIn(err, tokenHint)
	}
	t.threads = threads.New(threads.Options{API: client, User: t.user, Admin: t.admin})
	t.imports = imports.New(imports.Options{API: client, User: t.user, Version: t.server.Version})
	return t, nil
}

// mayActForOthers reports whether the token is that of an administrator and has
// the scope that acting for others takes.
func (t *target) mayActForOthers(ctx context.Context) (bool, error) {
	if !t.user.IsAdmin {
		return false, nil
	}
	token, err := t.api.Token(ctx)
	if api.IsNotFound(err) || api.IsDenied(err) { // not a token of this sort
		return false, nil
	}
	return err == nil && slices.Contains(token.Scopes, "sudo"), err
}

func (t *target) Close() error { return nil }

// StartImport makes missing groups first, where the plan wants that: the server's
// importers make none.
func (t *target) StartImport(ctx context.Context, req providers.ImportRequest) (schema.Job, error) {
	if req.Place.CreateNamespace && (req.Block == "" || req.Block == "repository") {
		if _, err := t.settleNamespace(ctx, req.Place); err != nil {
			return schema.Job{}, forgetarget.Failure("create namespace", req.Place.Namespace, err)
		}
	}
	return t.imports.Start(ctx, req)
}

func (t *target) FindImport(ctx context.Context, req providers.ImportRequest) (schema.Job, error) {
	return t.imports.Find(ctx, req)
}

func (t *target) PollImport(ctx context.Context, job schema.Job) (providers.ImportStatus, error) {
	return t.imports.Poll(ctx, job)
}

func (t *target) CancelImport(ctx context.Context, job schema.Job) (schema.Job, error) {
	return t.imports.Cancel(ctx, job)
}

// projectRef is how a project is known: by an id that survives renames.
func projectRef(p *api.Project) schema.Ref {
	return schema.Ref{ID: strconv.FormatInt(p.ID, 10), URL: p.WebURL}
}

// project finds the project of a ref. It asks the server once.
func (t *target) project(ctx context.Context, ref schema.Ref) (*project, error) {
	id, err := noun.ID(ref)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	known := t.projects[id]
	t.mu.Unlock()
	if known != nil {
		return known, nil
	}
	p, err := t.api.Project(ctx, api.Number(id))
	if err != nil {
		return nil, err
	}
	return t.remember(&p), nil
}

// placed is project, for a request that tells the settings of the repository
// block.
func (t *target) placed(ctx context.Context, ref schema.Ref, raw json.RawMessage) (*project, error) {
	known, err := t.project(ctx, ref)
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

// remember notes how a project is called now.
func (t *target) remember(p *api.Project) *project {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.projects[p.ID]
	if known == nil {
		known = &project{id: p.ID}
		known.placement, _ = readPlacement(nil) // fails for malformed settings only
		t.projects[p.ID] = known
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	known.path, known.personal, known.format = p.PathWithNamespace, p.Namespace.Personal(), p.ObjectFormat
	return known
}

// place notes the settings of a project that stands at a place.
func (t *target) place(p *api.Project, settings placement) *project {
	known := t.remember(p)
	known.place(settings)
	return known
}

// place notes settings that a plan told.
func (p *project) place(settings placement) {
	if settings.known {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.placement = settings
	}
}

// key is how requests name the project.
func (p *project) key() api.ID { return api.Number(p.id) }

func (p *project) fullPath() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path
}

func (p *project) settings() placement {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.placement
}

// remote is where git finds a part of a project.
func (t *target) remote(known *project, part providers.Part) gitrepo.Remote {
	return gitrepo.Remote{URL: forgetarget.GitURL(t.api.Base(), known.fullPath(), part), Username: gitUser, Password: t.token, CAFile: t.caFile}
}

// gitUser is the name under which tokens of all sorts, those of applications
// included, are taken for passwords.
const gitUser = "oauth2"
