package reading

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/providers/stream"
)

// losses tells what stands in the project and fits no record: a list for people to
// work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	for _, sort := range []lost{
		{api.Variables, "variables of pipelines, whose values are kept from here", func(n api.Named) string { return n.Key }},
		{api.Hooks, "web hooks, whose secrets the server tells nobody", func(n api.Named) string { return bare(n.URL) }},
		{api.DeployKeys, "deploy keys", func(n api.Named) string { return n.Title }},
		{api.RemoteMirrors, "servers that the repository is pushed to", func(n api.Named) string { return bare(n.URL) }},
		{api.Invitations, "people who were invited and did not answer yet", nil},
		{api.InvitedGroups, "groups that were invited", func(n api.Named) string { return n.Name }},
		{api.ApprovalRules, "rules about who approves merge requests", func(n api.Named) string { return n.Name }},
		{api.Badges, "badges", func(n api.Named) string { return n.Name }},
		{api.Boards, "boards", func(n api.Named) string { return n.Name }},
	} {
		if err := r.lose(sort, r.source.api.Leftovers(ctx, r.place.id, sort.list)); err != nil {
			return err
		}
	}
	rules, err := r.source.api.HasPushRules(ctx, r.place.id)
	if err != nil && !hidden(err) {
		return err
	}
	if rules {
		if err := r.Loss("gitlab.push_rules", again+"rules for pushes", 1); err != nil {
			return err
		}
	}
	return r.sizes()
}

// again begins what is said of things that people have to see to.
const again = "not carried, to be made again by hand: "

// lost is one sort of thing that is only listed.
type lost struct {
	list api.Leftover
	what string
	name func(api.Named) string // nil: names are not for a list
}

func (r *reading) lose(sort lost, items iter.Seq2[api.Named, error]) error {
	code := "gitlab." + string(sort.list)
	var names []string
	count := int64(0)
	for n, err := range items {
		switch {
		case hidden(err) && (r.source.user.IsAdmin || r.place.found.Access() >= api.Maintainer):
			return nil // the server, or its edition, has no such thing
		case hidden(err):
			return r.Loss(code, "not carried, and the token may not list them: "+sort.what, 1)
		case err != nil:
			return err
		}
		count++
		if sort.name != nil {
			if name := sort.name(n); name != "" {
				names = append(names, name)
			}
		}
	}
	switch {
	case count == 0:
		return nil
	case len(names) == 0:
		return r.Loss(code, again+sort.what, count)
	}
	return r.Loss(code, fmt.Sprintf("%s%s: %s", again, sort.what, stream.Few(names)), count)
}

// sizes tells what takes room at the server and stays there.
func (r *reading) sizes() error {
	held := r.place.found.Sizes
	if held == nil {
		return nil
	}
	for _, part := range []struct {
		code, what string
		bytes      int64
	}{
		{"gitlab.job_artifacts", "pipelines, the logs of their jobs and what these left", held.Artifacts},
		{"gitlab.packages", "packages", held.Packages},
		{"gitlab.container_registry", "container images", held.Registry},
	} {
		if part.bytes == 0 {
			continue
		}
		if err := r.Loss(part.code, fmt.Sprintf("not carried: %s (%d bytes)", part.what, part.bytes), 1); err != nil {
			return err
		}
	}
	return nil
}

// bare is an address without what may be a secret in it: credentials, the path of
// which many services make one, and the query.
func bare(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:]
}
