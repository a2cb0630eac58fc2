package gitlabtest

import (
	"net/http"
	"slices"
)

func approvalRoutes(add adding) {
	one := func(pattern string, do func(*call, *MergeRequest) (reply, error)) {
		itemRoute(add, "merge_requests", pattern, signedIn(), func(c *call, i *Item) (reply, error) { return do(c, i.merge) })
	}
	one("GET /approvals", func(c *call, r *MergeRequest) (reply, error) { return ok(c.approvals(r)) })
	one("POST /approve", func(c *call, r *MergeRequest) (reply, error) {
		switch h := r.head(); {
		case c.has("sha") && h != nil && c.text("sha") != h.Head:
			return reply{}, refuse(http.StatusConflict, "SHA does not match HEAD of source branch: "+h.Head)
		case c.approvalOf(r) >= 0 || c.level(c.doer, r.Project) < Developer || r.State == "merged":
			return reply{}, unauthorized()
		}
		r.Approvals = append(r.Approvals, &Approval{User: c.doer, At: c.clock()})
		for _, o := range r.Reviewers {
			if o.User == c.doer {
				o.State = "approved"
			}
		}
		c.say(&r.Item, c.doer, c.clock(), "approved", "approved this merge request")
		c.tell(&r.Item, c.doer, "approved", nil)
		return created(c.approvals(r))
	})
	one("POST /unapprove", func(c *call, r *MergeRequest) (reply, error) {
		at := c.approvalOf(r)
		if at < 0 {
			return reply{}, missing("")
		}
		r.Approvals = slices.Delete(r.Approvals, at, at+1)
		c.say(&r.Item, c.doer, c.clock(), "unapproved", "unapproved this merge request")
		c.tell(&r.Item, c.doer, "unapproved", nil)
		return created(c.approvals(r))
	})
}

func (c *call) approvalOf(r *MergeRequest) int {
	return slices.IndexFunc(r.Approvals, func(a *Approval) bool { return a.User == c.doer })
}

func (c *call) approvals(r *MergeRequest) object {
	may := c.level(c.doer, r.Project) >= Developer
	return object{
		"user_has_approved": c.approvalOf(r) >= 0, "user_can_approve": may && c.approvalOf(r) < 0, "approved": len(r.Approvals) > 0,
		"approved_by": list(r.Approvals, func(a *Approval) object { return object{"user": c.userObject(a.User), "approved_at": stamp(a.At)} }),
	}
}
