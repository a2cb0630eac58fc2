package reading

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// carriedRefs are the refs that are migrated. The heads of pull requests are those
// of closed ones and of deleted forks too.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/pull/*/head"}
}

// remote is one part of a repository for git. The address is made of the one that
// the plan names: what the server says of itself may be another host.
func (s *source) remote(p place, part providers.Part) gitrepo.Remote {
	suffix := ".git"
	if part == providers.PartWiki {
		suffix = ".wiki.git"
	}
	return gitrepo.Remote{
		URL:      s.url + "/" + url.PathEscape(p.name.Owner) + "/" + url.PathEscape(p.name.Name) + suffix,
		Username: s.user.Login, Password: s.token, CAFile: s.caFile, Only: carriedRefs(),
	}
}

// wikiRefs are the refs of a wiki; none when there is no wiki. The setting says
// whether pages are shown, not whether there are any; and asked by git for a wiki
// that was never made, the server fails as if it were out of order.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
	if !p.found.HasWiki {
		return gitrepo.Refs{}, nil // the server keeps it, and shows it to nobody
	}
	if _, err := p.api.WikiPages(ctx, p.name, "1"); hidden(err) {
		return gitrepo.Refs{}, nil
	} else if err != nil {
		return gitrepo.Refs{}, err
	}
	return s.git(s.remote(p, providers.PartWiki), p.fullName()+".wiki").RefsIfAny(ctx)
}

// Authors lists the authors, committers and taggers of a history. RemoteID is the
// e-mail address, RemoteName the name, both as recorded.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) {
		remote, subject, err := s.remoteOf(ctx, repo, providers.PartCode)
		if err != nil {
			yield(schema.Author{}, err)
			return
		}
		s.git(remote, subject).Authors(ctx, cache)(yield)
	}
}

// ExportGit mirrors the code or the wiki into req.Dir, and the Git LFS objects
// that its history names into req.Dir/lfs/objects. An object that cannot be had is
// in Export.Failed and does not fail the export.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	remote, subject, err := s.remoteOf(ctx, req.Repo, req.Part)
	if err != nil {
		return providers.Export{}, err
	}
	return s.git(remote, subject).Export(ctx, req.Dir, observe)
}

// git is a repository and the way in.
func (s *source) git(remote gitrepo.Remote, subject string) forgegit.Repository {
	return forgegit.Repository{
		Remote: remote, Subject: subject, Attribute: "access_token", Large: s.large,
		Scope: "the scope read:repository",
	}
}

// remoteOf finds the repository that is meant and returns one part of it for git.
func (s *source) remoteOf(ctx context.Context, repo providers.Repo, part providers.Part) (gitrepo.Remote, string, error) {
	p, err := s.find(ctx, repo)
	if err != nil {
		return gitrepo.Remote{}, "", err
	}
	switch part {
	case providers.PartCode:
		return s.remote(p, part), p.fullName(), nil
	case providers.PartWiki:
		return s.remote(p, part), p.fullName() + ".wiki", nil
	}
	return gitrepo.Remote{}, "", providers.Errorf(providers.CodeUnsupported, "a repository has no part %q", schema.Printable(string(part)))
}
