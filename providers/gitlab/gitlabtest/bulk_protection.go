package gitlabtest

import (
	"fmt"
	"slices"
)

// What another GitLab tells of the rules over its branches.
type (
	glProtection struct {
		Name      string     `json:"name"`
		Push      []glAccess `json:"push_access_levels"`
		Merge     []glAccess `json:"merge_access_levels"`
		Unprotect []glAccess `json:"unprotect_access_levels"`
		Force     bool       `json:"allow_force_push"`
		CodeOwner bool       `json:"code_owner_approval_required"`
	}
	glAccess struct {
		Level int    `json:"access_level"`
		About string `json:"access_level_description"` // of somebody: the name
		User  int64  `json:"user_id"`
		Group int64  `json:"group_id"`
	}
)

// protections brings the rules over branches. Those over tags do not come:
// lib/bulk_imports/projects/stage.rb has nothing for them.
func (e *entity) protections() error {
	m := e.transfer.s.Model
	return each(e.transfer.ctx, e.transfer.from, e.at("/protected_branches?per_page=100"), func(o glProtection) error {
		return e.object("protected_branches", "protected branch "+o.Name, "", func() error {
			e.project.ProtectedBranches = append(e.others(o.Name), &ProtectedRef{
				ID: m.next("protected branches"), Name: o.Name, Force: o.Force, CodeOwner: o.CodeOwner,
				Push: e.access(o.Push), Merge: e.access(o.Merge), Unprotect: e.access(o.Unprotect),
			})
			return nil
		})
	})
}

// others are the rules over branches of other names. The server protects a default
// branch by itself where no rule for it came.
func (e *entity) others(name string) []*ProtectedRef {
	return slices.DeleteFunc(e.project.ProtectedBranches, func(r *ProtectedRef) bool { return r.Name == name })
}

// access brings those whom a rule lets through: people as placeholders, who can do
// nothing yet. Groups are lost (gitlab-org/gitlab#568050). Who is no owner of the
// group at the top brings no role but Maintainer, and nobody:
// lib/gitlab/import_export/project/relation_factory.rb.
func (e *entity) access(list []glAccess) []*AccessRule {
	m := e.transfer.s.Model
	chain := e.project.Namespace.chain()
	owner := e.transfer.user.Admin || m.groupMember(e.transfer.user, chain[len(chain)-1]) >= Owner
	var rules []*AccessRule
	for _, a := range list {
		if a.Group != 0 {
			continue
		}
		r := &AccessRule{ID: m.next("access rule"), Level: a.Level}
		if !owner && r.Level != 0 {
			r.Level = Maintainer
		}
		if a.User != 0 {
			r.User = e.user(&glUser{ID: a.User, Name: a.About, Username: fmt.Sprint("user", a.User)})
		}
		rules = append(rules, r)
	}
	return rules
}
