package reading

import (
	"context"
	"iter"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// gitUser stands beside a token. The server takes any name there.
const gitUser = "oauth2"

// carriedRefs are the refs that are migrated. The heads of merge requests are those
// of closed ones and of deleted forks too, until the server cleans them up.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/merge-requests/*/head"}
}

// git is one part of a project for git. The address is made of the one that the plan
// names: what the server says of itself may be another host.
func (s *source) git(p place, part providers.Part) forgegit.Repository {
	suffix := ""
	if part == providers.PartWiki {
		suffix = ".wiki"
	}
	var path strings.Builder
	for name := range strings.SplitSeq(p.fullPath(), "/") {
		path.WriteString("/" + url.PathEscape(name))
	}
	return forgegit.Repository{
		Remote:  gitrepo.Remote{URL: s.url + path.String() + suffix + ".git", Username: gitUser, Password: s.token, CAFile: s.caFile, Only: carriedRefs()},
		Subject: p.fullPath() + suffix, Attribute: "access_token", Scope: "read_repository", Large: s.large,
	}
}

// refs are those of the code. A project that was never pushed to may have no
// repository.
func (s *source) refs(ctx context.Context, p place) (gitrepo.Refs, error) {
	code := s.git(p, providers.PartCode)
	if p.found.EmptyRepo {
		return code.RefsIfAny(ctx)
	}
	return code.Refs(ctx)
}

// wikiRefs are the refs of a wiki; none when there is no wiki, or it is switched off.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
	if p.found.WikiAccess == "disabled" {
		return gitrepo.Refs{}, nil // the server keeps it, and shows it to nobody
	}
	return s.git(p, providers.PartWiki).RefsIfAny(ctx)
}

// ExportGit mirrors the code or the wiki into req.Dir, and the Git LFS objects that
// its history names into req.Dir/lfs/objects.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	repository, err := s.partOf(ctx, req.Repo, req.Part)
	if err != nil {
		return providers.Export{}, err
	}
	return repository.Export(ctx, req.Dir, observe)
}

// Authors lists the authors, committers and taggers of a history.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return forgegit.Authors(ctx, cache, func() (forgegit.Repository, error) { return s.partOf(ctx, repo, providers.PartCode) })
}

// partOf finds the project that is meant and returns one part of it for git.
func (s *source) partOf(ctx context.Context, repo providers.Repo, part providers.Part) (forgegit.Repository, error) {
	if part != providers.PartCode && part != providers.PartWiki {
		return forgegit.Repository{}, forgegit.NoPart(part)
	}
	p, err := s.find(ctx, repo)
	if err != nil {
		return forgegit.Repository{}, err
	}
	return s.git(p, part), nil
}
