package github

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// carriedRefs are the refs that are migrated. The heads of pull requests are
// those of closed ones and of deleted forks too. What GitHub makes of them to try
// a merge is not part of any history, and no one can push it.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/pull/*/head"}
}

// part is one part of a repository for git.
func (s *source) part(p place, part providers.Part) forgegit.Repository {
	suffix := ""
	if part == providers.PartWiki {
		suffix = ".wiki"
	}
	return s.git(s.host.Web+"/"+url.PathEscape(p.owner)+"/"+url.PathEscape(p.name)+suffix+".git", p.fullName()+suffix, carriedRefs())
}

// git is what stands at an address, and the way in. GitHub takes any user name beside
// a token.
func (s *source) git(address, subject string, only []string) forgegit.Repository {
	return forgegit.Repository{
		Remote:  gitrepo.Remote{URL: address, Username: "x-access-token", Password: s.tokens[0], CAFile: s.caFile, Only: only},
		Subject: subject, Attribute: "personal_access_token", Large: s.large,
		Scope: "the scope repo, or read access to contents; with single sign-on it has to be authorised for the organisation",
	}
}

// wikiRefs are the refs of a wiki; none when there is no wiki. Only git knows:
// the setting says whether pages are shown, not whether there are any.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
	return s.part(p, providers.PartWiki).RefsIfAny(ctx)
}

// Authors lists the authors, committers and taggers of a history. RemoteID is the
// e-mail address, RemoteName the name, both as recorded.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return forgegit.Authors(ctx, cache, func() (forgegit.Repository, error) { return s.partOf(ctx, repo, providers.PartCode) })
}

// ExportGit mirrors the code, the wiki or a gist into req.Dir, and the Git LFS objects
// that its history names into req.Dir/lfs/objects. An object that cannot be had is
// in Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	repository, err := s.partOf(ctx, req.Repo, req.Part)
	if err != nil {
		return providers.Export{}, err
	}
	return repository.Export(ctx, req.Dir, observe)
}

// partOf finds the repository or gist that is meant and returns one part of it for
// git.
func (s *source) partOf(ctx context.Context, repo providers.Repo, part providers.Part) (forgegit.Repository, error) {
	p, err := s.chosen(repo)
	if err != nil {
		return forgegit.Repository{}, err
	}
	switch {
	case part != providers.PartCode && (p.gist != "" || part != providers.PartWiki):
		return forgegit.Repository{}, forgegit.NoPart(part)
	case p.gist != "":
		g, err := s.client.Gist(ctx, p.gist)
		if err != nil {
			return forgegit.Repository{}, err
		}
		return s.gistGit(g)
	}
	p, err = s.find(ctx, repo)
	return s.part(p, part), err
}
