package bitbucketcloud

import (
	"context"
	"iter"
	"net/url"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/stream"
)

// losses tells what stands in the repository and fits no record: a list for people to
// work through. What the account may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	c, repo := r.source.client, r.place.repo
	for _, sort := range []struct {
		code, what string
		names      iter.Seq2[string, error]
	}{
		{"bitbucket_cloud.groups", "groups that were given access to the repository", names(c.Groups(ctx, repo), func(p api.Permission) string {
			if p.Group == nil {
				return ""
			}
			return p.Group.Name + " (" + p.Permission + ")"
		})},
		{"bitbucket_cloud.webhooks", "webhooks, whose secrets Bitbucket tells nobody", names(c.Hooks(ctx, repo), hookHost)},
		{"bitbucket_cloud.deploy_keys", "deploy keys", names(c.Keys(ctx, repo), func(k api.Key) string { return k.Label })},
		{"bitbucket_cloud.downloads", "files for download", names(c.Downloads(ctx, repo), func(d api.Download) string { return d.Name })},
		{"bitbucket_cloud.default_reviewers", "people who review every pull request", names(c.DefaultReviewers(ctx, repo), func(a api.Account) string { return threads.Person(&a).Name })},
	} {
		if err := r.lose(sort.code, sort.what, sort.names); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) lose(code, what string, names iter.Seq2[string, error]) error {
	var all []string
	for name, err := range names {
		if api.IsHidden(err) {
			return r.Loss(code, "not carried, and the account may not list them: "+what, 1)
		}
		if err != nil {
			return err
		}
		all = append(all, name)
	}
	if len(all) == 0 {
		return nil
	}
	return r.Loss(code, "not carried, to be made again by hand: "+what+": "+stream.Few(all), int64(len(all)))
}

// names tells a list by what its items are called.
func names[T any](list iter.Seq2[T, error], name func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range list {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(name(item), nil) {
				return
			}
		}
	}
}

// hookHost is the host that a webhook calls: the rest of its address is often what
// lets a caller in.
func hookHost(h api.Hook) string {
	at, err := url.Parse(h.URL)
	if err != nil || at.Host == "" {
		return "an address that cannot be read"
	}
	return at.Host
}
