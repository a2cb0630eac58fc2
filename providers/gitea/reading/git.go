package reading

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// carriedRefs are the refs that are migrated. The heads of pull requests are those
// of closed ones and of deleted forks too.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/pull/*/head"}
}

// git is one part of a repository for git. The address is made of the one that the
// plan names: what the server says of itself may be another host.
func (s *source) git(p place, part providers.Part) forgegit.Repository {
	suffix := ""
	if part == providers.PartWiki {
		suffix = ".wiki"
	}
	return forgegit.Repository{
		Remote: gitrepo.Remote{
			URL:      s.url + "/" + url.PathEscape(p.name.Owner) + "/" + url.PathEscape(p.name.Name) + suffix + ".git",
			Username: s.user.Login, Password: s.token, CAFile: s.caFile, Only: carriedRefs(),
		},
		Subject: p.fullName() + suffix, Attribute: "access_token", Scope: "the scope read:repository", Large: s.large,
	}
}

// wikiRefs are the refs of a wiki; none when there is no wiki. The setting says
// whether pages are shown, not whether there are any; and asked by git for a wiki
// that was never made, the server fails as if it were out of order.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
	if !p.found.HasWiki {
		return gitrepo.Refs{}, nil // the server keeps it, and shows it to nobody
	}
	if _, err := p.api.WikiPages(ctx, p.name, "1"); forgesource.IsHidden(err) {
		return gitrepo.Refs{}, nil
	} else if err != nil {
		return gitrepo.Refs{}, err
	}
	return s.git(p, providers.PartWiki).RefsIfAny(ctx)
}

// Authors lists the authors, committers and taggers of a history. RemoteID is the
// e-mail address, RemoteName the name, both as recorded.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return forgegit.Authors(ctx, cache, func() (forgegit.Repository, error) { return s.partOf(ctx, repo, providers.PartCode) })
}

// ExportGit mirrors the code or the wiki into req.Dir, and the Git LFS objects
// that its history names into req.Dir/lfs/objects. An object that cannot be had is
// in Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	repository, err := s.partOf(ctx, req.Repo, req.Part)
	if err != nil {
		return providers.Export{}, err
	}
	return repository.Export(ctx, req.Dir, observe)
}

// partOf finds the repository that is meant and returns one part of it for git.
func (s *source) partOf(ctx context.Context, repo providers.Repo, part providers.Part) (forgegit.Repository, error) {
	p, err := s.find(ctx, repo)
	if err == nil && part != providers.PartCode && part != providers.PartWiki {
		err = forgegit.NoPart(part)
	}
	return s.git(p, part), err
}
