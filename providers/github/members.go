package github

import (
	"context"
	"fmt"

	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/api"
	"github.com/drover-migrate/drover/schema"
)

// members yields who was given access to the repository itself. What somebody
// may do as a member of the organisation or of a team is not the repository's to
// carry.
func (r *reading) members(ctx context.Context) error {
	p := r.place
	var all []api.Collaborator
	for c, err := range p.client.Collaborators(ctx, p.owner, p.name, api.Direct) {
		switch {
		case forgesource.IsHidden(err):
			return r.Loss("github.members", "who was given access to the repository is not carried: the token may not see it, it would have to be allowed to push", 1)
		case err != nil:
			return err
		}
		all = append(all, c)
	}
	if !p.members {
		if len(all) == 0 {
			return nil
		}
		return r.Loss("github.members", fmt.Sprintf("%d people who were given access to the repository are not carried, because collaborators_import is not set", len(all)), int64(len(all)))
	}
	outside := map[int64]bool{}
	for c, err := range p.client.Collaborators(ctx, p.owner, p.name, api.Outside) {
		if err != nil {
			return err
		}
		outside[c.ID] = true
	}
	for _, c := range all {
		access, role := accessOf(c)
		body := schema.Member{Person: person(&c.User), Access: access, Role: role, Outside: outside[c.ID]}
		if err := r.put(schema.KindMember, number(c.ID), nil, body, nil); err != nil {
			return err
		}
	}
	return nil
}

// accessOf is the built-in access that a collaborator has, and the name of the
// role when it is one of the organisation's own.
func accessOf(c api.Collaborator) (access, role string) {
	switch {
	case c.Permissions.Admin:
		access = "admin"
	case c.Permissions.Maintain:
		access = "maintain"
	case c.Permissions.Push:
		access = "write"
	case c.Permissions.Triage:
		access = "triage"
	default:
		access = "read"
	}
	switch c.Role {
	case "", access, "push", "pull", "read", "triage", "write", "maintain", "admin":
		return access, ""
	}
	return access, c.Role
}
