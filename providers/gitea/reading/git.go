package reading

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
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
	refs, err := gitrepo.LsRemote(ctx, s.remote(p, providers.PartWiki))
	switch gitrepo.KindOf(err) {
	case "":
		return refs, nil
	case gitrepo.NotFound, gitrepo.Auth: // to some, what does not exist looks forbidden
		return gitrepo.Refs{}, nil
	}
	return gitrepo.Refs{}, gitFailure("list refs", p.fullName()+".wiki", err)
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
		// gitrepo sorts by name, so all are needed before the first; there are as
		// many as people, not as commits.
		var all []schema.Author
		for person, err := range gitrepo.AuthorsOf(ctx, remote, cache) {
			if err != nil {
				yield(schema.Author{}, gitFailure("list authors", subject, err))
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

// gitFailure classifies what went wrong while op was done. Errors that are
// classified already keep their class.
func gitFailure(op, subject string, err error) *providers.Error {
	var known *providers.Error
	if errors.As(err, &known) {
		e := *known
		if e.Op == "" {
			e.Op, e.Subject = op, subject
		}
		return &e
	}
	e := &providers.Error{Code: providers.CodeInternal, Op: op, Subject: subject, Message: schema.Printable(err.Error()), Err: err}
	var git *gitrepo.Error
	if !errors.As(err, &git) {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			e.Code, e.Message = providers.CodeUnavailable, "stopped before it was finished"
		}
		return e
	}
	e.Message = git.Message
	switch git.Kind {
	case gitrepo.Auth:
		e.Code, e.Attribute, e.Hint = providers.CodeAuth, "access_token", "the token needs the scope read:repository"
	case gitrepo.NotFound:
		e.Code, e.Hint = providers.CodeNotFound, "correct the name, or give the token access: to one without, a private repository does not exist"
	case gitrepo.Unreachable:
		e.Code, e.Hint = providers.CodeUnavailable, "check the network, and run the command again; what was received is kept"
	case gitrepo.Canceled:
		e.Code = providers.CodeUnavailable
	case gitrepo.NoSpace:
		e.Code, e.Hint = providers.CodeUnavailable, "free space where drover keeps its working copies and apply again; what is there is kept"
	case gitrepo.Refused, gitrepo.Corrupt:
		e.Code = providers.CodeInvalid
	}
	return e
}
