package bitbucketserver

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/api"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/stream"
)

// losses tells what stands in the repository and fits no record: a list for people
// to work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context, out *stream.Out) error {
	c, name := r.source.api, r.place.name
	all := []forgesource.Leftover{
		forgesource.Leave("bitbucket_server.groups", "groups with access to the repository", forgesource.Names(c.PermittedGroups(ctx, name), groupName)),
		forgesource.Leave("bitbucket_server.project_groups", "groups with access through the project", forgesource.Names(c.ProjectGroups(ctx, name.Project), groupName)),
		forgesource.Leave("bitbucket_server.project_members", "people with access through the project", forgesource.Names(c.ProjectUsers(ctx, name.Project), func(p api.PermittedUser) string { return p.User.Name })),
		forgesource.Leave("bitbucket_server.default_reviewers", "default reviewers", forgesource.NamesOf(func() ([]string, error) {
			conditions, err := c.Conditions(ctx, name)
			return reviewers(conditions), err
		})),
		forgesource.Leave("bitbucket_server.merge_checks", "merge checks", forgesource.NamesOf(func() ([]string, error) {
			settings, err := c.PullRequestSettings(ctx, name)
			return mergeChecks(settings), err
		})),
		forgesource.Leave("bitbucket_server.webhooks", "web hooks, whose secrets the server tells nobody", forgesource.NamesOf(func() ([]string, error) {
			hooks, err := c.Webhooks(ctx, name)
			var all []string
			for _, h := range hooks {
				all = append(all, strings.TrimSpace(h.Name+" "+forgesource.Origin(h.URL)))
			}
			return all, err
		})),
		forgesource.Leave("bitbucket_server.access_keys", "SSH keys of the repository", forgesource.Names(c.AccessKeys(ctx, name), func(k api.AccessKey) string { return k.Key.Label })),
		forgesource.Leave("bitbucket_server.access_tokens", "access tokens of the repository, which the server tells nobody", forgesource.Names(c.AccessTokens(ctx, name), func(t api.AccessToken) string { return t.Name })),
		forgesource.Leave("bitbucket_server.hooks", "hooks that are switched on", forgesource.NamesOf(func() ([]string, error) {
			hooks, err := api.Collect(c.Hooks(ctx, name))
			var all []string
			for _, h := range hooks {
				if h.Enabled {
					all = append(all, h.Details.Name)
				}
			}
			return all, err
		})),
	}
	if strings.HasPrefix(name.Project, "~") { // nobody has access through a person
		all = append(all[:1], all[3:]...)
	}
	err := forgesource.Tell(out, all...)
	if r.place.strategy == optimistic && providers.CodeOf(err) == providers.CodeUnavailable && ctx.Err() == nil {
		return out.Loss("bitbucket_server.unread", "what cannot be carried could not be listed: "+providers.AsError(err).Message, 1)
	}
	return err
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
