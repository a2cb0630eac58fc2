package giteatest

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

func protectionRoutes(below adding) {
	below("GET", "branch_protections", admin(), func(c *call) (reply, error) { return ok(list(c.repo.Protections, protectionView)) })
	below("POST", "branch_protections", liveAdmin(), (*call).createProtection)
	below("GET", "branch_protections/{name*}", admin(), func(c *call) (reply, error) {
		p, err := c.protection()
		if err != nil {
			return reply{}, err
		}
		return ok(protectionView(p))
	})
	below("PATCH", "branch_protections/{name*}", liveAdmin(), (*call).editProtection)
	below("DELETE", "branch_protections/{name*}", liveAdmin(), (*call).deleteProtection)
	below("GET", "tag_protections", admin(), func(c *call) (reply, error) { return ok(list(c.repo.Tags, tagProtectionView)) })
	below("POST", "tag_protections", liveAdmin(), (*call).createTagProtection)
	below("GET", "tag_protections/{id}", admin(), func(c *call) (reply, error) {
		p, err := c.tagProtection()
		if err != nil {
			return reply{}, err
		}
		return ok(tagProtectionView(p))
	})
	below("PATCH", "tag_protections/{id}", liveAdmin(), (*call).editTagProtection)
	below("DELETE", "tag_protections/{id}", liveAdmin(), func(c *call) (reply, error) {
		p, err := c.tagProtection()
		if err != nil {
			return reply{}, err
		}
		c.repo.Tags = slices.DeleteFunc(c.repo.Tags, func(o *TagProtection) bool { return o == p })
		return none()
	})
}

// defaultRule is a rule for branches of which nothing was said.
func defaultRule() map[string]any {
	rule := map[string]any{"required_approvals": 0, "protected_file_patterns": "", "unprotected_file_patterns": "", "status_check_contexts": nil}
	for _, name := range []string{"enable_push", "enable_push_whitelist", "push_whitelist_deploy_keys", "enable_force_push", "enable_force_push_allowlist",
		"force_push_allowlist_deploy_keys", "enable_merge_whitelist", "enable_status_check", "enable_approvals_whitelist", "block_on_rejected_reviews",
		"block_on_official_review_requests", "block_on_outdated_branch", "dismiss_stale_approvals", "ignore_stale_approvals", "require_signed_commits",
		"block_admin_merge_override"} {
		rule[name] = false
	}
	for _, name := range []string{"push_whitelist_usernames", "push_whitelist_teams", "force_push_allowlist_usernames", "force_push_allowlist_teams",
		"merge_whitelist_usernames", "merge_whitelist_teams", "approvals_whitelist_username", "approvals_whitelist_teams"} {
		rule[name] = []any{}
	}
	return rule
}

func protectionView(p *Protection) object {
	o := maps.Clone(p.Rule)
	branch := p.Name
	if strings.ContainsAny(branch, "*?[{") {
		branch = ""
	}
	o["rule_name"], o["branch_name"], o["created_at"], o["updated_at"] = p.Name, branch, stamp(p.Created), stamp(p.Updated)
	return o
}

// protection is the first rule that a branch falls under.
func (r *Repository) protection(branch string) *Protection {
	for _, p := range r.Protections {
		if p.Name == branch {
			return p
		}
	}
	for _, p := range r.Protections {
		if ok, _ := path.Match(strings.ReplaceAll(p.Name, "**", "*"), branch); ok {
			return p
		}
	}
	return nil
}

// protection is the rule that the path names.
func (c *call) protection() (*Protection, error) {
	for _, p := range c.repo.Protections {
		if p.Name == c.params["name"] {
			return p, nil
		}
	}
	return nil, missing("")
}

// readRule takes over the fields of a rule, after a look at who is named.
func (c *call) readRule(o object, rule map[string]any) error {
	for name, value := range o {
		if _, known := rule[name]; !known || value == nil {
			continue
		}
		if names, isList := value.([]any); isList && strings.Contains(name, "username") {
			for _, login := range names {
				text, _ := login.(string)
				if c.user(text) == nil {
					return refuse(http.StatusUnprocessableEntity, "user does not exist [uid: 0, name: %s]", text)
				}
			}
		}
		rule[name] = value
	}
	return nil
}

func (c *call) createProtection() (reply, error) {
	o, err := c.readMap()
	if err != nil {
		return reply{}, err
	}
	name, _ := o["rule_name"].(string)
	if name == "" {
		name, _ = o["branch_name"].(string)
	}
	if name == "" {
		return reply{}, refuse(http.StatusBadRequest, "both rule_name and branch_name are empty")
	}
	for _, p := range c.repo.Protections {
		if p.Name == name {
			return reply{}, refuse(http.StatusForbidden, "Branch protection already exist")
		}
	}
	p := &Protection{ID: c.next("protection"), Name: name, Rule: defaultRule(), Created: c.clock(), Updated: c.clock()}
	p.Rule["priority"] = len(c.repo.Protections) + 1
	if err := c.readRule(o, p.Rule); err != nil {
		return reply{}, err
	}
	c.repo.Protections = append(c.repo.Protections, p)
	return created(protectionView(p))
}

func (c *call) editProtection() (reply, error) {
	p, err := c.protection()
	if err != nil {
		return reply{}, err
	}
	o, err := c.readMap()
	if err != nil {
		return reply{}, err
	}
	if err := c.readRule(o, p.Rule); err != nil {
		return reply{}, err
	}
	p.Updated = c.clock()
	return ok(protectionView(p))
}

func (c *call) deleteProtection() (reply, error) {
	p, err := c.protection()
	if err != nil {
		return reply{}, err
	}
	c.repo.Protections = slices.DeleteFunc(c.repo.Protections, func(o *Protection) bool { return o == p })
	return none()
}

func tagProtectionView(p *TagProtection) object {
	return object{"id": p.ID, "name_pattern": p.Pattern, "whitelist_usernames": emptyNotNull(p.Users), "whitelist_teams": emptyNotNull(p.Teams),
		"created_at": stamp(p.Created), "updated_at": stamp(p.Updated)}
}

func (c *call) tagProtection() (*TagProtection, error) {
	for _, p := range c.repo.Tags {
		if p.ID == c.number("id") {
			return p, nil
		}
	}
	return nil, missing("")
}

type tagRule struct {
	Pattern *string  `json:"name_pattern"`
	Users   []string `json:"whitelist_usernames"`
	Teams   []string `json:"whitelist_teams"`
}

func (c *call) createTagProtection() (reply, error) {
	var o tagRule
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Pattern == nil || strings.TrimSpace(*o.Pattern) == "" {
		return reply{}, refuse(http.StatusBadRequest, "name_pattern are empty")
	}
	if len(o.Users)+len(o.Teams) == 0 {
		return reply{}, refuse(http.StatusBadRequest, "both whitelist_usernames and whitelist_teams are empty")
	}
	for _, p := range c.repo.Tags {
		if p.Pattern == *o.Pattern {
			return reply{}, refuse(http.StatusForbidden, "Tag protection already exist")
		}
	}
	p := &TagProtection{ID: c.next("tag_protection"), Pattern: *o.Pattern, Users: o.Users, Teams: o.Teams, Created: c.clock(), Updated: c.clock()}
	c.repo.Tags = append(c.repo.Tags, p)
	return created(tagProtectionView(p))
}

func (c *call) editTagProtection() (reply, error) {
	p, err := c.tagProtection()
	if err != nil {
		return reply{}, err
	}
	var o tagRule
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if o.Pattern != nil {
		p.Pattern = *o.Pattern
	}
	if o.Users != nil {
		p.Users = o.Users
	}
	if o.Teams != nil {
		p.Teams = o.Teams
	}
	p.Updated = c.clock()
	return ok(tagProtectionView(p))
}
