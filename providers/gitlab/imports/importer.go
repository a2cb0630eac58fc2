package imports

import (
	"context"
	"time"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// The names of the providers whose sources GitLab imports from.
const (
	sourceGitHub          = "github"
	sourceBitbucketServer = "bitbucket_server"
	sourceBitbucketCloud  = "bitbucket_cloud"
	sourceGitLab          = "gitlab"
)

// The blocks that can ask for an import.
const (
	blockRepository = "repository"
	blockGroup      = "group"
	blockGists      = "gists"
)

// Options say which server imports.
type Options struct {
	API     *api.Client
	User    api.User    // the token's owner
	Version api.Version // of the server; zero: the newest

	Now func() time.Time // nil: time.Now
}

// Importer makes one server import. It is safe for concurrent use.
type Importer struct {
	api     *api.Client
	user    api.User
	version version
	now     func() time.Time
}

// New returns an Importer. It asks the server nothing.
func New(o Options) *Importer {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Importer{api: o.API, user: o.User, version: versionOf(o.Version), now: o.Now}
}

// Start is providers.Target.StartImport. How many jobs run at a time is for the
// caller to bound.
func (m *Importer) Start(ctx context.Context, req providers.ImportRequest) (schema.Job, error) {
	i, err := importerOf(req)
	if err != nil {
		return schema.Job{}, err
	}
	job, err := i.start(ctx, m, req)
	if err != nil {
		return schema.Job{}, refusal(req.Source, err)
	}
	return job, nil
}

// Find is providers.Target.FindImport.
func (m *Importer) Find(ctx context.Context, req providers.ImportRequest) (schema.Job, error) {
	i, err := importerOf(req)
	if err != nil {
		return schema.Job{}, err
	}
	job, err := i.find(ctx, m, req)
	if err != nil {
		return schema.Job{}, advised(err, afterStart)
	}
	return job, nil
}

// Poll is providers.Target.PollImport.
func (m *Importer) Poll(ctx context.Context, job schema.Job) (providers.ImportStatus, error) {
	id, err := parseID(job.ID)
	if err != nil {
		return providers.ImportStatus{}, err
	}
	var status providers.ImportStatus
	switch {
	case id.project != 0:
		status, err = m.pollProject(ctx, id.project, job)
	case id.transfer != 0:
		status, err = m.pollTransfer(ctx, id.transfer, job)
	default:
		status, err = m.pollGists(ctx, id.gists, job)
	}
	if err != nil {
		return providers.ImportStatus{}, advised(err, afterPoll)
	}
	return status, nil
}

// Cancel is providers.Target.CancelImport.
func (m *Importer) Cancel(ctx context.Context, job schema.Job) (schema.Job, error) {
	id, err := parseID(job.ID)
	if err != nil {
		return schema.Job{}, err
	}
	switch {
	case id.project != 0:
		job, err = m.cancelProject(ctx, id.project, job)
	case id.transfer != 0:
		job, err = m.cancelTransfer(ctx, id.transfer, job)
	default:
		err = &providers.Error{Code: providers.CodeUnsupported, Op: "cancel the import", Subject: "gists",
			Message: "GitLab has no way to cancel the import of gists", Hint: "wait until it has ended; it brings what it can"}
	}
	if err != nil {
		return schema.Job{}, cancelRefusal(err)
	}
	return job, nil
}

// importer is one of GitLab's.
type importer struct {
	start func(context.Context, *Importer, providers.ImportRequest) (schema.Job, error)
	find  func(context.Context, *Importer, providers.ImportRequest) (schema.Job, error)
}

func importerOf(req providers.ImportRequest) (importer, error) {
	block := req.Block
	if block == "" {
		block = blockRepository
	}
	switch {
	case req.Source == sourceGitHub && block == blockRepository:
		return importer{startGitHub, findProject}, nil
	case req.Source == sourceGitHub && block == blockGists:
		return importer{startGists, findGists}, nil
	case req.Source == sourceBitbucketServer && block == blockRepository:
		return importer{startBitbucketServer, findProject}, nil
	case req.Source == sourceBitbucketCloud && block == blockRepository:
		return importer{startBitbucketCloud, findProject}, nil
	case req.Source == sourceGitLab && (block == blockRepository || block == blockGroup):
		return importer{startTransfer, findTransfer}, nil
	}
	return importer{}, &providers.Error{Code: providers.CodeUnsupported, Op: "start an import",
		Message: "GitLab has no importer for a " + schema.Printable(block) + " block of a source \"" + schema.Printable(req.Source) + "\"",
		Hint:    "set method = \"direct\"", Attribute: "method"}
}
