package gitea

import (
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

// catalog holds the lists of a repository in which records are looked for by
// name.
type catalog struct {
	labels      forgetarget.List[api.Label]
	milestones  forgetarget.List[api.Milestone]
	releases    forgetarget.List[api.Release]
	protections forgetarget.List[api.BranchProtection]
	tagRules    forgetarget.List[api.TagProtection]
	tags        forgetarget.List[string]
}

// forget lets everything be read anew.
func (c *catalog) forget() {
	forgetarget.Forget(&c.labels, &c.milestones, &c.releases, &c.protections, &c.tagRules, &c.tags)
}

// digest is the version of what stands at the server.
func digest(parts ...any) string { return schema.Digest(parts) }
