package github

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

// carriedRefs are the refs that are migrated. The heads of pull requests are
// those of closed ones and of deleted forks too. What GitHub makes of them to try
// a merge is not part of any history, and no one can push it.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/pull/*/head"}
}

// remote is one part of a repository for git. GitHub takes any user name beside
// a token.
func (s *source) remote(p place, part providers.Part) gitrepo.Remote {
	address := s.host.Web + "/" + url.PathEscape(p.owner) + "/" + url.PathEscape(p.name) + ".git"
	if part == providers.PartWiki {
		address = strings.TrimSuffix(address, ".git") + ".wiki.git"
	}
	return s.signedIn(address, carriedRefs())
}

func (s *source) signedIn(address string, only []string) gitrepo.Remote {
	return gitrepo.Remote{URL: address, Username: "x-access-token", Password: s.tokens[0], CAFile: s.caFile, Only: only}
}

// wikiRefs are the refs of a wiki; none when there is no wiki. Only git knows:
// the setting says whether pages are shown, not whether there are any.
func (s *source) wikiRefs(ctx context.Context, p place) (gitrepo.Refs, error) {
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

// ExportGit mirrors the code, the wiki or a gist into req.Dir, and the Git LFS objects
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
		Remote: remote, Subject: subject, Attribute: "personal_access_token", Large: s.large,
		Scope: "the scope repo, or read access to contents; with single sign-on it has to be authorised for the organisation",
	}
}

// remoteOf finds the repository or gist that is meant and returns one part of
// it for git.
func (s *source) remoteOf(ctx context.Context, repo providers.Repo, part providers.Part) (gitrepo.Remote, string, error) {
	p, err := s.chosen(repo)
	if err != nil {
		return gitrepo.Remote{}, "", err
	}
	if p.gist != "" {
		if part != providers.PartCode {
			return gitrepo.Remote{}, "", providers.Errorf(providers.CodeUnsupported, "a gist has no part %q", schema.Printable(string(part)))
		}
		g, err := s.client.Gist(ctx, p.gist)
		if err != nil {
			return gitrepo.Remote{}, "", err
		}
		remote, err := s.gistRemote(g)
		return remote, "gist " + p.gist, err
	}
	if p, err = s.find(ctx, repo); err != nil {
		return gitrepo.Remote{}, "", err
	}
	switch part {
	case providers.PartCode:
		return s.remote(p, part), p.fullName(), nil
	case providers.PartWiki:
		return s.remote(p, part), p.fullName() + ".wiki", nil
	}
	return gitrepo.Remote{}, "", providers.Errorf(providers.CodeUnsupported, "a repository on GitHub has no part %q", schema.Printable(string(part)))
}
