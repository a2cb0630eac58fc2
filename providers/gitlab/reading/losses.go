package reading

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/api"
)

// losses tells what stands in the project and fits no record: a list for people to
// work through. What the token may not see is told as that.
func (r *reading) losses(ctx context.Context) error {
	for _, sort := range []lost{
		{api.Variables, "variables of pipelines, whose values are kept from here", func(n api.Named) string { return n.Key }},
		{api.Hooks, "web hooks, whose secrets the server tells nobody", func(n api.Named) string { return forgesource.Origin(n.URL) }},
		{api.DeployKeys, "deploy keys", func(n api.Named) string { return n.Title }},
		{api.RemoteMirrors, "servers that the repository is pushed to", func(n api.Named) string { return forgesource.Origin(n.URL) }},
		{api.Invitations, "people who were invited and did not answer yet", nil},
		{api.InvitedGroups, "groups that were invited", func(n api.Named) string { return n.Name }},
		{api.ApprovalRules, "rules about who approves merge requests", func(n api.Named) string { return n.Name }},
		{api.Badges, "badges", func(n api.Named) string { return n.Name }},
		{api.Boards, "boards", func(n api.Named) string { return n.Name }},
	} {
		if err := forgesource.Tell(r.Out, r.leftover(ctx, sort)); err != nil {
			return err
		}
	}
	rules, err := r.source.api.HasPushRules(ctx, r.place.id)
	if err != nil && !forgesource.IsHidden(err) {
		return err
	}
	if rules {
		if err := r.Loss("gitlab.push_rules", forgesource.Again+"rules for pushes", 1); err != nil {
			return err
		}
	}
	return r.sizes()
}

// lost is one sort of thing that is only listed.
type lost struct {
	list api.Leftover
	what string
	name func(api.Named) string // nil: names are not for a list
}

// leftover asks for the things of a sort. From whoever may see all of the project
// nothing is hidden: the server, or its edition, has no such thing.
func (r *reading) leftover(ctx context.Context, sort lost) forgesource.Leftover {
	name := sort.name
	if name == nil {
		name = func(api.Named) string { return "" }
	}
	names := forgesource.Names(r.source.api.Leftovers(ctx, r.place.id, sort.list), name)
	if r.source.user.IsAdmin || r.place.found.Access() >= api.Maintainer {
		names = forgesource.IfAny(names)
	}
	return forgesource.Leave("gitlab."+string(sort.list), sort.what, names)
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
