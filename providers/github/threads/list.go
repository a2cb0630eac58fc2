package threads

import (
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers/forgehttp"
)

// longest is where a list is given up: GitHub itself allows 2,500 comments on an
// issue.
const longest = 100_000

// problem is what is wrong with an object of an answer.
type problem struct {
	Fault string `json:"-"`
}

// fault notes an error of the answer, at a path below the object.
func (p *problem) fault(_ []any, message string) {
	if p.Fault == "" {
		p.Fault = message
	}
}

type faulty interface {
	fault(path []any, message string)
}

// list is one of GitHub's paged lists, as far as it was fetched.
type list[T any] struct {
	problem
	Total int64 `json:"totalCount"`
	Nodes []*T  `json:"nodes"`
	Page  struct {
		More bool   `json:"hasNextPage"`
		End  string `json:"endCursor"`
	} `json:"pageInfo"`

	asked bool
	lost  map[int]string // items that are null, by index, and why
}

// fault hands an error on to the item that it is about.
func (l *list[T]) fault(path []any, message string) {
	if len(path) < 2 || path[0] != "nodes" {
		l.problem.fault(nil, message)
		return
	}
	i, ok := path[1].(float64)
	if !ok || i < 0 || int(i) >= len(l.Nodes) {
		l.problem.fault(nil, message)
		return
	}
	if item := l.Nodes[int(i)]; item == nil {
		if l.lost == nil {
			l.lost = map[int]string{}
		}
		l.lost[int(i)] = message
	} else if f, ok := any(item).(faulty); ok {
		f.fault(path[2:], message)
	} else {
		l.problem.fault(nil, message)
	}
}

// job is a part of a list that is still to be fetched.
type job struct {
	of    *thread
	node  string // the global id of what the list belongs to
	on    string // its type
	field string // the list
	args  string // of the field, besides those of paging
	item  string // what is selected of an item
	lists int    // below each item, which the server counts
	size  int
	after string

	take func(raw json.RawMessage, faults forgehttp.GraphErrors)
}

// next completes j for the part of l that is still to be fetched, and reports
// whether there is one.
func (l *list[T]) next(j job) (job, bool) {
	unread := l.Total > 0 && len(l.Nodes) == 0 && !l.asked
	if !l.Page.More && !unread || l.Fault != "" {
		return j, false
	}
	if left := l.Total - int64(len(l.Nodes)); l.Total > 0 && left > 0 {
		j.size = int(min(int64(j.size), left))
	}
	j.after, j.take = l.Page.End, l.take
	return j, true
}

// take adds a page. The paths of faults begin at the list.
func (l *list[T]) take(raw json.RawMessage, faults forgehttp.GraphErrors) {
	var page list[T]
	from := l.Page.End
	l.asked, l.Page.More = true, false
	if err := json.Unmarshal(raw, &page); err != nil || string(raw) == "null" || len(raw) == 0 {
		message := "the server did not answer for a part of it"
		if len(faults) > 0 {
			message = faults[0].Message
		} else if err != nil {
			message = err.Error()
		}
		l.problem.fault(nil, message)
		return
	}
	for _, f := range faults {
		page.fault(f.Path, f.Message)
	}
	for i, message := range page.lost {
		if l.lost == nil {
			l.lost = map[int]string{}
		}
		l.lost[len(l.Nodes)+i] = message
	}
	l.Nodes = append(l.Nodes, page.Nodes...)
	l.Page = page.Page
	switch {
	case page.Fault != "":
		l.problem.fault(nil, page.Fault)
	case l.Page.More && (l.Page.End == "" || l.Page.End == from):
		l.problem.fault(nil, "the server says that a list goes on, and not where")
	case len(l.Nodes) > longest:
		l.problem.fault(nil, fmt.Sprintf("a list has more than %d items", longest))
	}
	if l.Fault != "" {
		l.Page.More = false
	}
}

// fault hands an error on to the list that it is about.
func (t *thread) fault(path []any, message string) {
	lists := map[any]faulty{"comments": &t.Comments, "timelineItems": &t.Timeline}
	if len(path) > 1 {
		if l := lists[path[0]]; l != nil {
			l.fault(path[1:], message)
			return
		}
	}
	t.problem.fault(nil, message)
}

// fault hands an error on to the comment that it is about.
func (c *conversation) fault(path []any, message string) {
	if len(path) > 1 && path[0] == "comments" {
		c.Comments.fault(path[1:], message)
		return
	}
	c.problem.fault(nil, message)
}

// fault hands an error on to the answer that it is about.
func (c *comment) fault(path []any, message string) {
	if len(path) > 1 && path[0] == "replies" {
		c.Replies.fault(path[1:], message)
		return
	}
	c.problem.fault(nil, message)
}

// jobs lists what of t is still to be fetched, in pages of the given size.
func (t *thread) jobs(n sizes) []job {
	var all []job
	add := func(j job, more bool) {
		if more {
			all = append(all, j)
		}
	}
	at := func(node, on, field, item string) job {
		return job{of: t, node: node, on: on, field: field, item: item, size: mostPage}
	}
	reactions := func(x *text, on string) { add(x.Reactions.next(at(x.ID, on, "reactions", "...Reaction"))) }

	reactions(&t.text, t.Typename)
	add(t.Labels.next(at(t.ID, t.Typename, "labels", "name")))
	commentType, commentItem := "IssueComment", "...Comment"
	switch t.Typename {
	case typeIssue:
		add(t.SubIssues.next(at(t.ID, t.Typename, "subIssues", "number repository { id }")))
		fallthrough
	case typeChange:
		add(t.Assignees.next(at(t.ID, t.Typename, "assignees", "...Who")))
		if events, more := t.Timeline.next(at(t.ID, t.Typename, "timelineItems", "...IssueEvent")); more {
			events.args = "itemTypes: [" + itemTypes(onIssue) + "]"
			if t.Typename == typeChange {
				events.item, events.args = "...ChangeEvent", "itemTypes: ["+itemTypes(onChange)+"]"
			}
			add(events, true)
		}
	case typeDiscussion:
		commentType, commentItem = "DiscussionComment", "...Answer"
	}
	if t.Typename == typeChange {
		add(t.ReviewRequests.next(at(t.ID, t.Typename, "reviewRequests", "requestedReviewer { ...Who }")))
		add(t.Reviews.next(at(t.ID, t.Typename, "reviews", "...Review")))
		threads := at(t.ID, t.Typename, "reviewThreads", "...Thread")
		threads.lists = 1 + firstFew // each comment has its reactions
		add(t.ReviewThreads.next(threads))
	}
	add(t.Comments.next(at(t.ID, t.Typename, "comments", commentItem)))
	for _, c := range t.Comments.Nodes {
		if c == nil {
			continue
		}
		reactions(&c.text, commentType)
		add(c.Replies.next(at(c.ID, commentType, "replies", "...Reply")))
		for _, reply := range c.Replies.Nodes {
			if reply != nil {
				reactions(&reply.text, commentType)
			}
		}
	}
	for _, c := range t.ReviewThreads.Nodes {
		if c == nil {
			continue
		}
		add(c.Comments.next(at(c.ID, "PullRequestReviewThread", "comments", "...Note")))
		for _, note := range c.Comments.Nodes {
			if note != nil {
				reactions(&note.text, "PullRequestReviewComment")
			}
		}
	}
	for i := range all {
		all[i].size = min(all[i].size, n.page)
	}
	return all
}
