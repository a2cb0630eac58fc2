package bitbucketcloud

import (
	"context"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgesource"
)

// losses tells what stands in the repository and fits no record: a list for people to
// work through. What the account may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, repo := r.source.client, r.place.repo
	return forgesource.Tell(r.Out,
		forgesource.Leave("bitbucket_cloud.groups", "groups that were given access to the repository", forgesource.Names(c.Groups(ctx, repo), func(p api.Permission) string {
			if p.Group == nil {
				return ""
			}
			return p.Group.Name + " (" + p.Permission + ")"
		})),
		forgesource.Leave("bitbucket_cloud.webhooks", "webhooks, whose secrets Bitbucket tells nobody", forgesource.Names(c.Hooks(ctx, repo), func(h api.Hook) string { return forgesource.Host(h.URL) })),
		forgesource.Leave("bitbucket_cloud.deploy_keys", "deploy keys", forgesource.Names(c.Keys(ctx, repo), func(k api.Key) string { return k.Label })),
		forgesource.Leave("bitbucket_cloud.downloads", "files for download", forgesource.Names(c.Downloads(ctx, repo), func(d api.Download) string { return d.Name })),
		forgesource.Leave("bitbucket_cloud.default_reviewers", "people who review every pull request", forgesource.Names(c.DefaultReviewers(ctx, repo), func(a api.Account) string { return threads.Person(&a).Name })),
	)
}
