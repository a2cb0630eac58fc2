package giteatest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func reviewRoutes(below adding) {
	read, write := reader("repo.code"), need{user: true, unit: "repo.code", access: Read}
	below("GET", "pulls/{index}/reviews", read, (*call).listReviews)
	below("POST", "pulls/{index}/reviews", write, (*call).createReview)
	below("GET", "pulls/{index}/reviews/{id}", read, func(c *call) (reply, error) {
		p, r, err := c.review()
		if err != nil {
			return reply{}, err
		}
		return ok(c.reviewView(p, r, c.doer))
	})
	below("POST", "pulls/{index}/reviews/{id}", write, (*call).submitReview)
	below("DELETE", "pulls/{index}/reviews/{id}", write, (*call).deleteReview)
	below("GET", "pulls/{index}/reviews/{id}/comments", read, func(c *call) (reply, error) {
		p, r, err := c.review()
		if err != nil {
			return reply{}, err
		}
		return ok(list(r.comments(p.Issue), func(e *Entry) object { return c.codeCommentView(e, c.doer) }))
	})
	below("POST", "pulls/{index}/reviews/{id}/dismissals", write, func(c *call) (reply, error) { return c.dismiss(true) })
	below("POST", "pulls/{index}/reviews/{id}/undismissals", write, func(c *call) (reply, error) { return c.dismiss(false) })
	below("POST", "pulls/{index}/requested_reviewers", write, (*call).requestReviews)
	below("DELETE", "pulls/{index}/requested_reviewers", write, (*call).withdrawRequests)
	below("POST", "pulls/comments/{id}/resolve", live(), func(c *call) (reply, error) { return c.resolve(true) })
	below("POST", "pulls/comments/{id}/unresolve", live(), func(c *call) (reply, error) { return c.resolve(false) })
}

// review is the review that the path names; a pending one is its author's.
func (c *call) review() (*Pull, *Review, error) {
	p, err := c.pull()
	if err != nil {
		return nil, nil, err
	}
	r := p.review(c.number("id"))
	if r == nil {
		return nil, nil, missing("GetReviewByID", "review does not exist [id: "+c.params["id"]+"]")
	}
	if r.State == "PENDING" && !c.seesPending(r) {
		return nil, nil, missing("GetReviewByID")
	}
	return p, r, nil
}

func (c *call) seesPending(r *Review) bool {
	return c.doer != nil && (c.doer.Admin || c.doer == r.User)
}

func (c *call) listReviews() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	views := []object{}
	for _, r := range page(c, p.Reviews, false) {
		if r.State != "PENDING" || c.seesPending(r) {
			views = append(views, c.reviewView(p, r, c.doer))
		}
	}
	return ok(views)
}

// reviewOptions are what is said of a review.
type reviewOptions struct {
	Event    string `json:"event"`
	Body     string `json:"body"`
	Commit   string `json:"commit_id"`
	Comments []struct {
		Path string `json:"path"`
		Body string `json:"body"`
		New  int64  `json:"new_position"`
		Old  int64  `json:"old_position"`
	} `json:"comments"`
}

// state is what the event of a review makes of it; it refuses what lacks a text.
func (c *call) state(p *Pull, o reviewOptions, comments bool) (string, error) {
	hasBody := strings.TrimSpace(o.Body) != ""
	switch o.Event {
	case "APPROVED", "REQUEST_CHANGES":
		if p.Issue.Author == c.doer {
			verb := "approve"
			if o.Event == "REQUEST_CHANGES" {
				verb = "reject"
			}
			return "", refuse(http.StatusUnprocessableEntity, "%s your own pull is not allowed", verb)
		}
		if o.Event == "APPROVED" {
			return o.Event, nil
		}
	case "COMMENT":
		if !hasBody && !comments {
			return "", refuse(http.StatusUnprocessableEntity, "review event COMMENT requires a body or a comment")
		}
		return o.Event, nil
	default:
		if !hasBody {
			return "", refuse(http.StatusUnprocessableEntity, "review event %s requires a body", o.Event)
		}
		return "PENDING", nil
	}
	if !hasBody {
		return "", refuse(http.StatusUnprocessableEntity, "review event %s requires a body", o.Event)
	}
	return o.Event, nil
}

func (c *call) createReview() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	var o reviewOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	state, err := c.state(p, o, len(o.Comments) > 0)
	if err != nil {
		return reply{}, err
	}
	if o.Commit == "" {
		o.Commit = p.HeadSHA
	}
	for _, comment := range o.Comments {
		line := comment.New
		if comment.Old > 0 {
			line = -comment.Old
		}
		if err := c.addCodeComment(p, c.pending(p, o.Commit), comment.Path, line, comment.Body); err != nil {
			return reply{}, err
		}
	}
	r, err := c.submit(p, state, o.Body, o.Commit)
	if err != nil {
		return reply{}, err
	}
	return ok(c.reviewView(p, r, c.doer))
}

// pending is the review that who asks has not submitted yet; it is made when there
// is none.
func (c *call) pending(p *Pull, commit string) *Review {
	if r := p.pendingOf(c.doer); r != nil {
		return r
	}
	return c.newReview(p, c.doer, "PENDING", commit)
}

func (p *Pull) pendingOf(u *User) *Review {
	for _, r := range p.Reviews {
		if r.User == u && r.State == "PENDING" {
			return r
		}
	}
	return nil
}

// newReview adds a review. It settles the request for it, and a new verdict takes
// the place of the ones before.
func (c *call) newReview(p *Pull, u *User, state, commit string) *Review {
	if state != "PENDING" {
		p.Reviews = slices.DeleteFunc(p.Reviews, func(r *Review) bool { return r.User == u && r.State == "REQUEST_REVIEW" })
	}
	if verdict(state) {
		for _, r := range p.Reviews {
			if r.User == u && verdict(r.State) {
				r.Dismissed = true
			}
		}
	}
	r := &Review{ID: c.next("review"), User: u, State: state, Commit: commit, Created: c.clock(), Updated: c.clock()}
	p.Reviews = append(p.Reviews, r)
	return r
}

func verdict(state string) bool { return state == "APPROVED" || state == "REQUEST_CHANGES" }

// addCodeComment adds a comment on a line; what is around the line is kept with
// it.
func (c *call) addCodeComment(p *Pull, r *Review, path string, line int64, body string) error {
	git := c.codeGit(c.repo)
	e := &Entry{Kind: "code", User: c.doer, Body: body, Review: r, Path: path, Line: line}
	for _, o := range r.comments(p.Issue) {
		if o.Path == path && o.Line == line { // an answer is about the same
			e.Commit, e.Hunk = o.Commit, o.Hunk
		}
	}
	if e.Commit == "" {
		e.Commit = p.HeadSHA
		if line > 0 {
			out, err := git.Run("blame", "--porcelain", fmt.Sprintf("-L%d,%d", line, line), r.Commit, "--", path)
			switch {
			case err == nil:
				e.Commit = strings.Fields(out)[0]
			case !strings.Contains(err.Error(), "no such path"):
				return refuse(http.StatusInternalServerError, "%v", err) // a line that the file does not have
			}
		}
	}
	if e.Hunk == "" {
		diff, err := git.Run("diff", p.MergeBase, p.HeadSHA, "--", ":(literal)"+path)
		if err != nil {
			return err
		}
		e.Hunk = hunkAround(diff, line)
	}
	c.add(p.Issue, e)
	return nil
}

// submit makes the review of who asks known to others.
func (c *call) submit(p *Pull, state, body, commit string) (*Review, error) {
	if verdict(state) && p.Issue.Closed {
		return nil, refuse(http.StatusUnprocessableEntity, "can't submit review for a closed or merged PR")
	}
	r := p.pendingOf(c.doer)
	empty := strings.TrimSpace(body) == "" && (r == nil || len(r.comments(p.Issue)) == 0)
	if state != "APPROVED" && empty {
		return nil, refuse(http.StatusInternalServerError, "Review content is empty")
	}
	official := false
	if verdict(state) {
		for _, o := range p.Reviews {
			if o.User == c.doer {
				o.Official = false
			}
		}
		official = c.access(c.doer, c.repo, "repo.code") >= Write
	}
	if r == nil {
		r = c.newReview(p, c.doer, state, commit)
	}
	r.State, r.Body, r.Commit, r.Official, r.Updated = state, body, commit, official, c.clock()
	r.Stale = verdict(state) && commit != p.HeadSHA
	e := c.add(p.Issue, &Entry{Kind: "review", User: c.doer, Body: body, Review: r})
	if r.Entry == nil { // otherwise it was there, waiting
		r.Entry = e
	}
	c.notify(event{issue: p.Issue, comment: e, doer: c.doer, why: "review", mentions: c.mentioned(p.Issue, body, c.doer)})
	for _, e := range r.comments(p.Issue) {
		if named := c.mentioned(p.Issue, e.Body, c.doer); len(named) > 0 {
			c.notify(event{issue: p.Issue, comment: e, doer: c.doer, why: "review", mentions: named, only: true})
		}
	}
	return r, nil
}

func (c *call) submitReview() (reply, error) {
	p, r, err := c.review()
	if err != nil {
		return reply{}, err
	}
	var o reviewOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if r.State != "PENDING" {
		return reply{}, refuse(http.StatusUnprocessableEntity, "only a pending review can be submitted")
	}
	state, err := c.state(p, o, len(r.comments(p.Issue)) > 0)
	if err != nil {
		return reply{}, err
	}
	if state == "PENDING" {
		return reply{}, refuse(http.StatusUnprocessableEntity, "review stay pending")
	}
	if r, err = c.submit(p, state, o.Body, p.HeadSHA); err != nil {
		return reply{}, err
	}
	return ok(c.reviewView(p, r, c.doer))
}

func (c *call) deleteReview() (reply, error) {
	p, r, err := c.review()
	if err != nil {
		return reply{}, err
	}
	if !c.doer.Admin && c.doer != r.User {
		return reply{}, refuse(http.StatusForbidden, "%%!s(<nil>)")
	}
	if r.State == "REQUEST_REVIEW" {
		return reply{}, refuse(http.StatusInternalServerError, "can not delete ReviewID: %d", r.ID)
	}
	for _, e := range slices.Clone(p.Issue.Timeline) {
		if e.Review == r {
			p.Issue.remove(e)
		}
	}
	p.Reviews = slices.DeleteFunc(p.Reviews, func(o *Review) bool { return o == r })
	return none()
}

func (c *call) dismiss(on bool) (reply, error) {
	if c.access(c.doer, c.repo, "") < Administer {
		return reply{}, refuse(http.StatusForbidden, "Must be repo admin")
	}
	p, r, err := c.review()
	if err != nil {
		return reply{}, err
	}
	var o struct {
		Message string `json:"message"`
		Priors  bool   `json:"priors"`
	}
	if on {
		if err := c.read(&o); err != nil {
			return reply{}, err
		}
	}
	if !verdict(r.State) {
		return reply{}, refuse(http.StatusForbidden, "not need to dismiss this review because it's type is not Approve or change request")
	}
	if p.Issue.Closed {
		return reply{}, refuse(http.StatusForbidden, "can't dismiss a review request for a closed or merged PR")
	}
	r.Dismissed, r.Updated = on, c.clock()
	if on {
		e := c.add(p.Issue, &Entry{Kind: "dismiss_review", User: c.doer, Body: o.Message, Review: r})
		c.notify(event{issue: p.Issue, comment: e, doer: c.doer, why: "dismissed"})
	}
	return ok(c.reviewView(p, r, c.doer))
}

// reviewers finds those who are to be asked for a review.
func (c *call) reviewers(logins, teamNames []string) (people []*User, teams []*Team, err error) {
	for _, login := range logins {
		u := c.user(login)
		if strings.Contains(login, "@") {
			u = c.byEmail(login)
		}
		if u == nil {
			return nil, nil, missing(fmt.Sprintf("User '%s' not exist", login))
		}
		people = append(people, u)
	}
	for _, name := range teamNames {
		at := slices.IndexFunc(c.teams, func(t *Team) bool { return t.Org == c.repo.Owner && strings.EqualFold(t.Name, name) })
		if at < 0 {
			return nil, nil, missing(fmt.Sprintf("Team '%s' not exist", name))
		}
		teams = append(teams, c.teams[at])
	}
	return people, teams, nil
}

// request asks somebody for a review; nil is somebody who was asked already.
func (c *call) request(p *Pull, u *User) (*Review, error) {
	invalid := func(reason string) error {
		return refuse(http.StatusUnprocessableEntity, "%s [user_id: %d, repo_id: %d]", reason, c.doer.ID, c.repo.ID)
	}
	switch {
	case u.Organization:
		return nil, invalid("Organization can't be added as reviewer")
	case c.access(u, c.repo, "repo.pulls") < Read:
		return nil, invalid("Reviewer can't read")
	case u == p.Issue.Author:
		return nil, invalid("poster of pr can't be reviewer")
	case !c.writes(p.Issue):
		return nil, invalid("Doer can't choose reviewer")
	}
	if last := p.lastVerdict(u); last != nil {
		if last.State == "REQUEST_REVIEW" {
			return nil, nil
		}
		if p.Issue.Closed {
			return nil, refuse(http.StatusForbidden, "cannot request a re-review for a closed pull request [pr_id: 0, reviewer_id: 0]")
		}
	}
	r := c.newReview(p, u, "REQUEST_REVIEW", "")
	r.Official = c.access(u, c.repo, "repo.code") >= Write
	e := c.add(p.Issue, &Entry{Kind: "review_request", User: c.doer, Assignee: u, Review: r})
	c.notify(event{issue: p.Issue, comment: e, doer: c.doer, why: "review_requested", to: u})
	return r, nil
}

// lastVerdict is the last that a user said of a pull request, or was asked.
func (p *Pull) lastVerdict(u *User) *Review {
	var last *Review
	for _, r := range p.Reviews {
		if r.User == u && (verdict(r.State) || r.State == "REQUEST_REVIEW") {
			last = r
		}
	}
	return last
}

func (c *call) requestReviews() (reply, error) {
	p, people, teams, err := c.requestBody()
	if err != nil {
		return reply{}, err
	}
	views := []object{}
	for _, u := range people {
		r, err := c.request(p, u)
		if err != nil {
			return reply{}, err
		}
		if r != nil {
			views = append(views, c.reviewView(p, r, c.doer))
		}
	}
	for _, t := range teams {
		if !slices.Contains(p.Teams, t) {
			p.Teams = append(p.Teams, t)
			r := &Review{ID: c.next("review"), Team: t, State: "REQUEST_REVIEW", Created: c.clock(), Updated: c.clock()}
			p.Reviews = append(p.Reviews, r)
			views = append(views, c.reviewView(p, r, c.doer))
		}
	}
	return created(views)
}

func (c *call) requestBody() (*Pull, []*User, []*Team, error) {
	p, err := c.pull()
	if err != nil {
		return nil, nil, nil, err
	}
	var o struct {
		Reviewers []string `json:"reviewers"`
		Teams     []string `json:"team_reviewers"`
	}
	if err := c.read(&o); err != nil {
		return nil, nil, nil, err
	}
	people, teams, err := c.reviewers(o.Reviewers, o.Teams)
	return p, people, teams, err
}

func (c *call) withdrawRequests() (reply, error) {
	p, people, teams, err := c.requestBody()
	if err != nil {
		return reply{}, err
	}
	if !c.writes(p.Issue) {
		return reply{}, refuse(http.StatusUnprocessableEntity, "Doer can't remove reviewer [user_id: %d, repo_id: %d]", c.doer.ID, c.repo.ID)
	}
	for _, u := range people {
		if last := p.lastVerdict(u); last != nil && last.State == "REQUEST_REVIEW" {
			p.Reviews = slices.DeleteFunc(p.Reviews, func(r *Review) bool { return r == last })
			c.add(p.Issue, &Entry{Kind: "review_request", User: c.doer, Assignee: u, Removed: true})
		}
	}
	p.Teams = slices.DeleteFunc(p.Teams, func(t *Team) bool { return slices.Contains(teams, t) })
	p.Reviews = slices.DeleteFunc(p.Reviews, func(r *Review) bool { return r.Team != nil && slices.Contains(teams, r.Team) })
	return none()
}

func (c *call) resolve(on bool) (reply, error) {
	e := c.repo.entries[c.number("id")]
	switch {
	case e == nil:
		return reply{}, missing("GetCommentByID", "comment does not exist [id: "+c.params["id"]+", issue_id: 0]")
	case e.Issue.Pull == nil:
		return reply{}, refuse(http.StatusBadRequest, "comment does not belong to a pull request")
	case e.Kind != "code":
		return reply{}, refuse(http.StatusBadRequest, "comment is not a review comment")
	case !c.writes(e.Issue) && e.Issue.Author != c.doer:
		return reply{}, refuse(http.StatusForbidden, "user should have permission to resolve comment")
	}
	e.Resolver = nil
	if on {
		e.Resolver = c.doer
	}
	return none()
}
