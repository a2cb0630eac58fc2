package bitbucketserver

import (
	"context"
	"iter"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/bitbucketserver/body"
	"github.com/drover-migrate/drover/providers/bitbucketserver/threads"
	"github.com/drover-migrate/drover/providers/forgegit"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// carriedRefs are the refs that are listed and migrated. What the server makes of
// pull requests to try a merge is not part of any history.
func carriedRefs() []string {
	return []string{"refs/heads/*", "refs/tags/*", "refs/notes/*", "refs/pull-requests/*/from"}
}

// git is a repository for git. Heads are the commits of its pull requests, by
// number.
func (s *source) git(p place, heads map[int64]string) forgegit.Repository {
	// The key of a project is in small letters there; what signs in is in no address.
	address := s.url + "/scm/" + url.PathEscape(strings.ToLower(p.name.Project)) + "/" + url.PathEscape(p.name.Slug) + ".git"
	hidden := map[string]string{}
	for number, commit := range heads {
		if isCommit(commit) {
			hidden[body.HeadRef(number)] = commit
		}
	}
	return forgegit.Repository{
		Remote:    gitrepo.Remote{URL: address, Username: s.gitUser, Password: s.token, CAFile: s.caFile, Only: carriedRefs()},
		Subject:   p.fullName(),
		Attribute: api.TokenAttribute, Scope: "repository read",
		Large: s.large, Hidden: hidden,
	}
}

func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

// ExportGit implements providers.Source.
func (s *source) ExportGit(ctx context.Context, req providers.ExportRequest, observe func(providers.Progress)) (providers.Export, error) {
	p, err := s.find(ctx, req.Repo)
	if err != nil {
		return providers.Export{}, err
	}
	if req.Part != providers.PartCode {
		return providers.Export{}, forgegit.NoPart(req.Part)
	}
	head, err := threads.Look(ctx, s.api, p.name)
	if err != nil {
		return providers.Export{}, err
	}
	return s.git(p, head.Heads).Export(ctx, req.Dir, observe)
}

// Authors implements providers.Source.
func (s *source) Authors(ctx context.Context, repo providers.Repo, cache string) iter.Seq2[schema.Author, error] {
	return forgegit.Authors(ctx, cache, func() (forgegit.Repository, error) {
		p, err := s.find(ctx, repo)
		return s.git(p, nil), err
	})
}
