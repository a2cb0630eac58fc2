package forgegit

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Repository is a git repository of a forge, and the way in.
type Repository struct {
	Remote  gitrepo.Remote
	Subject string // what errors call it

	// Attribute names the setting that holds the credential, and Scope says what
	// that must be allowed to do, for people: "read_repository".
	Attribute string
	Scope     string

	Large *http.Transport // for Git LFS

	// Hidden are refs that the server does not list, such as those that keep what
	// was merged, with the commits that they lead to. The mirror gets them too.
	Hidden map[string]string
}

// Refs lists the refs, hidden ones among them.
func (r Repository) Refs(ctx context.Context) (gitrepo.Refs, error) {
	refs, err := gitrepo.LsRemote(ctx, r.Remote)
	if err != nil {
		return gitrepo.Refs{}, r.failure("list refs", err)
	}
	maps.Copy(refs.Names, r.Hidden)
	return refs, nil
}

// RefsIfAny lists the refs of a repository that need not exist. To some tokens,
// what does not exist looks forbidden.
func (r Repository) RefsIfAny(ctx context.Context) (gitrepo.Refs, error) {
	refs, err := gitrepo.LsRemote(ctx, r.Remote)
	switch gitrepo.KindOf(err) {
	case "":
		return refs, nil
	case gitrepo.NotFound, gitrepo.Auth:
		return gitrepo.Refs{}, nil
	}
	return gitrepo.Refs{}, r.failure("list refs", err)
}

// Export mirrors the repository into dir, and the Git LFS objects that its history
// names into dir/lfs/objects. An object that cannot be had is in Export.Failed and
// does not fail the export.
func (r Repository) Export(ctx context.Context, dir string, observe func(providers.Progress)) (providers.Export, error) {
	const op = "export"
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	if err := gitrepo.Mirror(ctx, r.Remote, dir, func(p gitrepo.Progress) { observe(progress(p)) }); err != nil {
		return providers.Export{}, r.failure(op, err)
	}
	repo, err := gitrepo.Open(dir)
	if err != nil {
		return providers.Export{}, r.failure(op, err)
	}
	gone, err := r.exportHidden(ctx, repo, observe)
	if err != nil {
		return providers.Export{}, r.failure(op, err)
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return providers.Export{}, r.failure(op, err)
	}
	export := providers.Export{Refs: refs.Names, DefaultBranch: DefaultBranch(refs), ObjectFormat: refs.ObjectFormat}
	if export.LFS, export.Failed, err = r.exportLFS(ctx, repo, observe); err != nil {
		return providers.Export{}, r.failure(op, err)
	}
	export.Failed = append(export.Failed, gone...)
	return export, nil
}

// progress turns "receiving objects" into the phase and its unit.
func progress(p gitrepo.Progress) providers.Progress {
	phase, unit, _ := strings.Cut(p.Phase, " ")
	return providers.Progress{Phase: phase, Done: p.Done, Total: p.Total, Unit: unit}
}

// DefaultBranch is the branch that HEAD names, as a full ref name. A branch that
// does not exist counts only while there are no others.
func DefaultBranch(refs gitrepo.Refs) string {
	if _, exists := refs.Names[refs.Head]; !exists && len(refs.Names) > 0 || !strings.HasPrefix(refs.Head, "refs/heads/") {
		return ""
	}
	return refs.Head
}

// Authors lists the authors, committers and taggers of the history, ordered by
// RemoteID, which is the e-mail address; RemoteName is the name. Both are as
// recorded. Cache is a folder that may hold what an earlier call left.
func (r Repository) Authors(ctx context.Context, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		// gitrepo sorts by name, so all are needed before the first; there are as
		// many as people, not as commits.
		var all []schema.Author
		for person, err := range gitrepo.AuthorsOf(ctx, r.Remote, cache) {
			if err != nil {
				yield(schema.Author{}, r.failure("list authors", err))
				return
			}
			all = append(all, schema.Author{RemoteID: person.Email, RemoteName: person.Name, Name: person.Name, Email: person.Email, Commits: person.Commits})
		}
		slices.SortStableFunc(all, func(a, b schema.Author) int { return strings.Compare(a.RemoteID, b.RemoteID) })
		for _, author := range all {
			if !yield(author, nil) {
				return
			}
		}
	}
}
