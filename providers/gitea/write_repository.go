package gitea

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	maxDescription = 2048
	maxWebsite     = 1024
	maxTopics      = 25
)

// writeRepository writes the repository's own settings. That it is archived is
// only noted: an archived repository takes nothing more.
func (t *target) writeRepository(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Repository](w)
	if err != nil {
		return providers.Written{}, err
	}
	repo := known.repo()
	if w.Ref.ID == "" {
		w.Ref.ID = known.id // it stands there since it was created or adopted
	}
	settings := known.settings()
	now, err := t.api.Repository(ctx, repo)
	if err != nil {
		return providers.Written{}, err
	}
	change, topics := t.settingsOf(body, settings, now)
	written, err := forgetarget.Store(w, nil, forgetarget.Object[api.Repository]{
		Wanted:  repositoryVersion(with(now, change, topics)),
		Version: repositoryVersion,
		Ref:     func(r api.Repository) schema.Ref { return repositoryRef(&r) },
		Read:    func(string) (api.Repository, error) { return now, nil },
		Create:  func() (api.Repository, error) { return now, nil },
		Edit: func(string, api.Repository) (api.Repository, error) {
			if _, err := t.api.EditRepository(ctx, repo, change); err != nil {
				return api.Repository{}, err
			}
			if !slices.Equal(topics, slices.Sorted(slices.Values(now.Topics))) {
				if err := t.api.SetTopics(ctx, repo, topics); err != nil {
					return api.Repository{}, err
				}
			}
			return t.api.Repository(ctx, repo)
		},
	})
	if err != nil {
		return written, err
	}
	if err := t.noteArchived(ctx, known, body.Archived); err != nil {
		return providers.Written{}, err
	}
	switch {
	case body.Visibility == "internal" && settings.Visibility == visibilitySource:
		written.Degraded = "Visibility \"internal\" became private."
	case len(topics) < len(body.Topics):
		written.Degraded = "Topics that the server does not take were left out."
	}
	return written, nil
}

// settingsOf is what a repository is to be changed to.
func (t *target) settingsOf(body schema.Repository, settings placement, now api.Repository) (api.EditRepository, []string) {
	e := api.EditRepository{Description: new(forgetarget.Clip(body.Description, maxDescription)), Website: new(websiteOf(body.Homepage))}
	// A run that does not know what the plan says of it lets it stay.
	if settings.known {
		e.Private = new(settings.private(body.Visibility))
	} else if settings.private(body.Visibility) {
		e.Private = new(true)
	}
	for name, field := range map[string]**bool{"issues": &e.HasIssues, "wiki": &e.HasWiki, "changes": &e.HasPullRequests, "projects": &e.HasProjects} {
		if on, said := body.Features[name]; said {
			*field = new(on)
		}
	}
	if body.Features["discussions"] { // they become issues
		e.HasIssues = new(true)
	}
	if e.HasPullRequests == nil || *e.HasPullRequests {
		mergeOf(&e, body.Merge)
	}
	topics := []string{}
	for _, topic := range body.Topics {
		topic = strings.ToLower(strings.TrimSpace(topic))
		if len(topic) <= 35 && regexp.MustCompile(`^[a-z0-9][-.a-z0-9]*$`).MatchString(topic) {
			topics = append(topics, topic)
		}
	}
	slices.Sort(topics)
	topics = slices.Compact(topics)
	return e, topics[:min(len(topics), maxTopics)]
}

// mergeOf sets the ways of merging. A repository keeps those it has when the
// source allows none.
func mergeOf(e *api.EditRepository, ways map[string]bool) {
	if on, said := ways["delete_branch"]; said {
		e.DeleteBranch = new(on)
	}
	first := ""
	for _, way := range []struct{ name, style string }{{"merge", "merge"}, {"squash", "squash"}, {"rebase", "rebase"}, {"fast_forward", "fast-forward-only"}} {
		if first == "" && ways[way.name] {
			first = way.style
		}
	}
	if first == "" {
		return
	}
	e.AllowMerge, e.AllowSquash, e.AllowFastForwardOnly = new(ways["merge"]), new(ways["squash"]), new(ways["fast_forward"])
	e.AllowRebase, e.AllowRebaseExplicit = new(ways["rebase"]), new(false)
	e.DefaultMergeStyle = new(first)
}

// websiteOf is an address that the server takes, or none.
func websiteOf(homepage string) string {
	u, err := url.Parse(strings.TrimSpace(homepage))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(homepage) > maxWebsite {
		return ""
	}
	return u.String()
}

// with is what a repository is after a change.
func with(r api.Repository, e api.EditRepository, topics []string) api.Repository {
	set := func(field *bool, to *bool) {
		if to != nil {
			*field = *to
		}
	}
	r.Description, r.Website, r.Topics = *e.Description, *e.Website, topics
	set(&r.Private, e.Private)
	set(&r.HasIssues, e.HasIssues)
	set(&r.HasWiki, e.HasWiki)
	set(&r.HasPullRequests, e.HasPullRequests)
	set(&r.HasProjects, e.HasProjects)
	set(&r.AllowMerge, e.AllowMerge)
	set(&r.AllowSquash, e.AllowSquash)
	set(&r.AllowFastForwardOnly, e.AllowFastForwardOnly)
	set(&r.AllowRebase, e.AllowRebase)
	set(&r.AllowRebaseExplicit, e.AllowRebaseExplicit)
	set(&r.DeleteBranch, e.DeleteBranch)
	if e.DefaultMergeStyle != nil {
		r.DefaultMergeStyle = *e.DefaultMergeStyle
	}
	return r
}

// repositoryVersion covers what a plan sets. Archived is no part of it, for it
// changes while a migration runs.
func repositoryVersion(r api.Repository) string {
	topics := slices.Sorted(slices.Values(r.Topics))
	if topics == nil {
		topics = []string{}
	}
	return digest(r.Description, r.Website, r.Private, topics, r.HasIssues, r.HasWiki, r.HasPullRequests, r.HasProjects,
		r.AllowMerge, r.AllowSquash, r.AllowFastForwardOnly, r.AllowRebase, r.AllowRebaseExplicit, r.DeleteBranch, r.DefaultMergeStyle)
}
