package directory

import (
	"cmp"
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	export, err := s.exportGit(ctx, req, observe)
	if err != nil {
		return providers.Export{}, failure("export git data", subject(req.Repo), err)
	}
	return export, nil
}

func (s *source) exportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	var export providers.Export
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	stored, err := s.find(req.Repo)
	if err != nil {
		return export, err
	}
	name, unknown := stored.at.part(req.Part)
	if unknown != nil {
		return export, unknown
	}
	from, err := stored.git(s, name)
	if err != nil {
		return export, err
	}
	if from == nil {
		return export, providers.Errorf(providers.CodeNotFound, "the archive has no %s", schema.Printable(name))
	}
	err = gitrepo.Mirror(ctx, gitrepo.Remote{URL: from.Dir()}, req.Dir, func(p gitrepo.Progress) {
		observe(providers.Progress{Phase: p.Phase, Done: p.Done, Total: p.Total, Unit: "objects"})
	})
	if err != nil {
		return export, err
	}
	repo, err := gitrepo.Open(req.Dir)
	if err != nil {
		return export, err
	}
	refs, err := repo.Refs(ctx)
	if err != nil {
		return export, err
	}
	export.Refs, export.DefaultBranch = refs.Names, refs.Head
	if export.ObjectFormat, err = repo.ObjectFormat(ctx); err != nil {
		return export, err
	}
	err = exportLFS(ctx, repo, from.Dir(), &export, observe)
	return export, err
}

// exportLFS brings the Git LFS objects along and accounts for those that the
// history names.
func exportLFS(ctx context.Context, repo *gitrepo.Repo, from string, export *providers.Export, observe func(providers.Progress)) error {
	taken, err := takeLFS(ctx, repo.Dir(), from, observe)
	if err != nil {
		return err
	}
	broken := map[string]bool{}
	for _, failed := range taken.failed {
		broken[failed.Key.ID] = true
	}
	export.Failed = taken.failed
	for pointer, err := range repo.LFSPointers(ctx) {
		if err != nil {
			return err
		}
		export.LFS.Source++
		info, err := os.Lstat(filepath.Join(repo.Dir(), filepath.FromSlash(lfsName(pointer.OID))))
		switch {
		case err == nil && info.Mode().IsRegular():
			export.LFS.Fetched++
			continue
		case !broken[pointer.OID]:
			export.Failed = append(export.Failed, lfsFailed(pointer.OID, providers.CodeNotFound, "the archive does not hold it",
				"put it below lfs/objects of the repository, or accept that files that need it stay pointers"))
		}
		export.LFS.Failed++
	}
	return nil
}

func (s *source) Authors(ctx context.Context, asked providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		authors, err := s.authors(ctx, asked, cache)
		if err != nil {
			yield(schema.Author{}, failure("list authors", subject(asked), err))
			return
		}
		for _, author := range authors {
			if !yield(author, nil) {
				return
			}
		}
	}
}

// authors lists the people of the code, by e-mail address.
func (s *source) authors(ctx context.Context, asked providers.Repo, cache string) ([]schema.Author, error) {
	stored, err := s.find(asked)
	if err != nil {
		return nil, err
	}
	from, err := stored.git(s, stored.at.git())
	if err != nil || from == nil {
		return nil, err
	}
	var authors []schema.Author
	for author, err := range gitrepo.AuthorsOf(ctx, gitrepo.Remote{URL: from.Dir()}, cache) {
		if err != nil {
			return nil, err
		}
		authors = append(authors, schema.Author{
			RemoteID: author.Email, RemoteName: author.Name,
			Name: author.Name, Email: author.Email, Commits: author.Commits,
		})
	}
	slices.SortFunc(authors, func(a, b schema.Author) int {
		return cmp.Or(strings.Compare(a.RemoteID, b.RemoteID), strings.Compare(a.RemoteName, b.RemoteName))
	})
	return authors, nil
}
