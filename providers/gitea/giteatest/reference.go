package giteatest

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers/standin"
)

// referenceForm is how a text names an issue: #12, !12 or OWNER/NAME#12, perhaps
// behind a word that closes it.
var referenceForm = regexp.MustCompile(`(?i)(?:\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b:?\s+)?(?:^|[\s(\["'])?(?:([-\w.]+/[-\w.]+))?[#!]([0-9]+)\b`)

// refer notes, on the timelines of the issues that a text names, that it names
// them. An entry e is a comment of the issue i; without one it is the issue's text.
// What an earlier form of the text named and this one does not stays, without
// effect.
func (c *call) refer(i *Issue, e *Entry, text string) {
	named := c.references(i, e, text)
	for _, have := range i.names[e] {
		if action, still := named[have.Issue]; still {
			have.RefAction = action
			delete(named, have.Issue)
		} else {
			have.RefAction = "neutered"
		}
	}
	kind := "issue_ref"
	switch {
	case e != nil:
		kind = "comment_ref"
	case i.Pull != nil:
		kind = "pull_ref"
	}
	for _, other := range slices.SortedFunc(maps.Keys(named), func(a, b *Issue) int { return int(a.ID - b.ID) }) {
		made := c.add(other, &Entry{Kind: kind, User: c.doer, Other: i, OtherEntry: e, RefAction: named[other]})
		i.names[e] = append(i.names[e], made)
	}
}

// references are the issues that a text names, and what it does to them.
func (c *call) references(i *Issue, e *Entry, text string) map[*Issue]string {
	named := map[*Issue]string{}
	for _, found := range referenceForm.FindAllStringSubmatch(standin.WithoutCode(text), -1) {
		number, err := strconv.ParseInt(found[3], 10, 64)
		if err != nil {
			continue
		}
		r := i.Repo
		if found[2] != "" {
			owner, name, _ := strings.Cut(found[2], "/")
			if r = c.Model.repo(owner, name); r == nil {
				continue
			}
		}
		other := r.Issues[number]
		if other == nil || other == i || c.access(c.doer, r, other.unit()) < Read {
			continue
		}
		action := "none"
		if e == nil && i.Pull != nil && found[1] != "" && c.access(c.doer, r, other.unit()) >= Write {
			action = "closes"
		}
		if named[other] != "closes" {
			named[other] = action
		}
	}
	return named
}

// closing are the open issues that a pull request closes when it is merged.
func closing(p *Pull) []*Issue {
	var found []*Issue
	for _, e := range p.Issue.names[nil] {
		if e.RefAction == "closes" && !e.Issue.Closed {
			found = append(found, e.Issue)
		}
	}
	return found
}
