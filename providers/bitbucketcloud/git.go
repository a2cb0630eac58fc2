package bitbucketcloud

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// carriedRefs are the refs that are migrated. There are no others but those that an
// export adds for pull requests.
func carriedRefs() []string { return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*"} }

// repository is one part of a repository for git. The wiki is below the address of
// the code.
func (s *source) repository(of api.Repo, part providers.Part) forgegit.Repository {
	address := s.host.Web + "/" + url.PathEscape(of.Workspace) + "/" + url.PathEscape(of.Slug) + ".git"
	subject := of.Workspace + "/" + of.Slug
	if part == providers.PartWiki {
		address, subject = address+"/wiki", subject+" (wiki)"
	}
	return forgegit.Repository{
		Remote:  gitrepo.Remote{URL: address, Username: s.gitUser, Password: s.secret, CAFile: s.caFile, Only: carriedRefs()},
		Subject: subject, Attribute: s.attribute, Scope: "the scope read:repository:bitbucket", Large: s.large,
	}
}

// wikiRefs are the refs of a wiki; none when there is no wiki.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
	if !p.found.HasWiki {
		return gitrepo.Refs{}, nil // Bitbucket keeps it, and shows it to nobody
	}
	return s.repository(p.repo, providers.PartWiki).RefsIfAny(ctx)
}

// Authors lists the authors, committers and taggers of a history. RemoteID is the
// e-mail address, RemoteName the name, both as recorded.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return forgegit.Authors(ctx, cache, func() (forgegit.Repository, error) {
		p, err := s.find(ctx, repo)
		return s.repository(p.repo, providers.PartCode), err
	})
}

// ExportGit mirrors the code or the wiki into req.Dir, with the heads of pull
// requests that no branch leads to, and the Git LFS objects that all of it names into
// req.Dir/lfs/objects.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	if observe == nil {
		observe = func(providers.Progress) {}
	}
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return providers.Export{}, err
	}
	switch req.Part {
	case providers.PartCode:
		return s.exportCode(ctx, p, req.Dir, observe)
	case providers.PartWiki:
		return s.repository(p.repo, req.Part).Export(ctx, req.Dir, observe)
	}
	return providers.Export{}, forgegit.NoPart(req.Part)
}

// exportCode mirrors twice. What the first mirror holds completes the ids of commits;
// the second finds all in place, but for the refs of pull requests.
func (s *source) exportCode(ctx context.Context, p place, dir string, observe func(providers.Progress)) (providers.Export, error) {
	code := s.repository(p.repo, providers.PartCode)
	if err := gitrepo.Mirror(ctx, code.Remote, dir, func(g gitrepo.Progress) { observe(forgeProgress(g)) }); err != nil {
		return providers.Export{}, forgegit.Failure("export", p.fullName(), err)
	}
	h := heads{source: s, place: p, observe: observe}
	var err error
	if h.mirror, err = gitrepo.Open(dir); err != nil {
		return providers.Export{}, forgegit.Failure("export", p.fullName(), err)
	}
	if code.Hidden, err = h.find(ctx); err != nil {
		return providers.Export{}, forgegit.Failure("export", p.fullName(), err)
	}
	export, err := code.Export(ctx, dir, observe)
	export.Losses = append(export.Losses, h.losses()...)
	return export, err
}
