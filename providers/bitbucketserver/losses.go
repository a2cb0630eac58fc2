package bitbucketserver

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/stream"
)

// lost is one sort of thing that is only listed.
type lost struct {
	code  string
	what  string
	names func(context.Context) ([]string, error)
}

// losses tells what stands in the repository and fits no record: a list for people
// to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context, out *stream.Out) error {
	c, name := r.source.api, r.place.name
	all := []lost{
		{"bitbucket_server.groups", "groups with access to the repository", names(c.PermittedGroups, name, groupName)},
		{"bitbucket_server.project_groups", "groups with access through the project", names(c.ProjectGroups, name.Project, groupName)},
		{"bitbucket_server.project_members", "people with access through the project", names(c.ProjectUsers, name.Project, func(p api.PermittedUser) string { return p.User.Name })},
		{"bitbucket_server.default_reviewers", "default reviewers", func(ctx context.Context) ([]string, error) {
			conditions, err := c.Conditions(ctx, name)
			return reviewers(conditions), err
		}},
		{"bitbucket_server.merge_checks", "merge checks", func(ctx context.Context) ([]string, error) {
			settings, err := c.PullRequestSettings(ctx, name)
			return mergeChecks(settings), err
		}},
		{"bitbucket_server.webhooks", "web hooks, whose secrets the server tells nobody", func(ctx context.Context) ([]string, error) {
			hooks, err := c.Webhooks(ctx, name)
			var all []string
			for _, h := range hooks {
				all = append(all, strings.TrimSpace(h.Name+" "+bare(h.URL)))
			}
			return all, err
		}},
		{"bitbucket_server.access_keys", "SSH keys of the repository", names(c.AccessKeys, name, func(k api.AccessKey) string { return k.Key.Label })},
		{"bitbucket_server.access_tokens", "access tokens of the repository, which the server tells nobody", names(c.AccessTokens, name, func(t api.AccessToken) string { return t.Name })},
		{"bitbucket_server.hooks", "hooks that are switched on", names(c.Hooks, name, func(h api.Hook) string {
			if !h.Enabled {
				return ""
			}
			return h.Details.Name
		})},
	}
	if strings.HasPrefix(name.Project, "~") { // nobody has access through a person
		all = append(all[:1], all[3:]...)
	}
	for _, one := range all {
		if err := lose(ctx, out, one); err != nil {
			return err
		}
	}
	return nil
}

func lose(ctx context.Context, out *stream.Out, one lost) error {
	names, err := one.names(ctx)
	switch {
	case api.IsHidden(err):
		return out.Loss(one.code, "not carried, and the token may not list them: "+one.what, 1)
	case err != nil:
		return err
	case len(names) == 0:
		return nil
	}
	return out.Loss(one.code, fmt.Sprintf("not carried, to be made again by hand: %s: %s", one.what, stream.Few(names)), int64(len(names)))
}

// names tells a list by what its items are called; what is called nothing is left
// out.
func names[Of, T any](list func(context.Context, Of) api.List[T], of Of, name func(T) string) func(context.Context) ([]string, error) {
	return func(ctx context.Context) ([]string, error) {
		var all []string
		for item, err := range list(ctx, of) {
			if err != nil {
				return nil, err
			}
			if n := name(item); n != "" {
				all = append(all, n)
			}
		}
		return all, nil
	}
}

func groupName(g api.PermittedGroup) string { return g.Group.Name }

// reviewers says who is asked for a review, one line for each condition.
func reviewers(conditions []api.Condition) []string {
	var all []string
	for _, c := range conditions {
		var people []string
		for _, u := range c.Reviewers {
			people = append(people, u.Name)
		}
		all = append(all, fmt.Sprintf("%s into %s: %s (%d must approve)", c.SourceMatcher.DisplayID, c.TargetMatcher.DisplayID, strings.Join(people, " and "), c.RequiredApprovals))
	}
	return all
}

func mergeChecks(s api.PullRequestSettings) []string {
	var all []string
	if s.AllApprovers {
		all = append(all, "all reviewers approve")
	}
	if s.AllTasks {
		all = append(all, "all tasks are done")
	}
	return all
}

// bare is an address without what may be a secret in it: credentials, the path of
// which many services make one, and the query.
func bare(address string) string {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" {
		return ""
	}
	return at.Scheme + "://" + at.Host
}
