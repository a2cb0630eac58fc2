package threads

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

// What stands in a project by itself.
const (
	onIssue   = "issue"
	onMerge   = "merge_request"
	onSnippet = "snippet"
	onCommit  = "commit"
	onUpload  = "upload"
)

// place is where an object stands in a project: an issue, a merge request, a
// snippet or a commit, and what of it; or an upload. The ids of notes do not tell
// what they stand under, and requests need both.
type place struct {
	kind     string
	number   int64  // of an issue, a merge request, a snippet
	commit   string // of a commit
	secret   string // of an upload
	file     string // likewise
	thread   string // of a note in one
	note     int64
	approval int64 // a user's; there is no note
}

// id is the place as a Ref holds it: issue/12, merge_request/7/note/5,
// merge_request/7/thread/0a1b/note/5, merge_request/7/approval/3,
// commit/0a1b/thread/0a1b/note/5, snippet/4/note/5, upload/SECRET/NAME.
func (p place) id() string {
	var b strings.Builder
	b.WriteString(p.kind + "/")
	switch p.kind {
	case onCommit:
		b.WriteString(p.commit)
	case onUpload:
		b.WriteString(p.secret + "/" + url.PathEscape(p.file))
	default:
		b.WriteString(strconv.FormatInt(p.number, 10))
	}
	if p.thread != "" {
		b.WriteString("/thread/" + p.thread)
	}
	if p.note != 0 {
		fmt.Fprintf(&b, "/note/%d", p.note)
	}
	if p.approval != 0 {
		fmt.Fprintf(&b, "/approval/%d", p.approval)
	}
	return b.String()
}

// parsePlace reads the id of a Ref.
func parsePlace(id string) (place, error) {
	p, ok := cutPlace(strings.Split(id, "/"))
	if !ok || p.id() != id {
		return place{}, &providers.Error{Code: providers.CodeNotFound, Message: fmt.Sprintf("%q does not name an issue, a merge request or a note of this server", schema.Printable(id)),
			Hint: "apply again, so that the object is looked for"}
	}
	return p, nil
}

func cutPlace(words []string) (p place, ok bool) {
	if len(words) < 2 {
		return p, false
	}
	p.kind = words[0]
	switch p.kind {
	case onIssue, onMerge, onSnippet:
		p.number, ok = positive(words[1])
	case onCommit:
		p.commit, ok = words[1], isHex(words[1])
	case onUpload:
		if len(words) != 3 || !isHex(words[1]) {
			return p, false
		}
		name, err := url.PathUnescape(words[2])
		p.secret, p.file = words[1], name
		return p, err == nil && name != ""
	}
	for words = words[2:]; ok && len(words) >= 2; words = words[2:] {
		switch words[0] {
		case "thread":
			p.thread, ok = words[1], isHex(words[1])
		case "note":
			p.note, ok = positive(words[1])
		case "approval":
			p.approval, ok = positive(words[1])
		default:
			return p, false
		}
	}
	return p, ok && len(words) == 0
}

// isHex reports whether s is a number in hexadecimal, as commits, threads and
// uploads are named.
func isHex(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func positive(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// whole is the place of what p is part of.
func (p place) whole() place {
	return place{kind: p.kind, number: p.number, commit: p.commit}
}

// noted is what notes stand under, as requests name it.
func (p place) noted() api.Noted {
	switch p.kind {
	case onMerge:
		return api.NotedMergeRequest(p.number)
	case onSnippet:
		return api.NotedSnippet(p.number)
	case onCommit:
		return api.NotedCommit(p.commit)
	}
	return api.NotedIssue(p.number)
}

// address is where the server shows the place.
func (r *project) address(p place) string {
	at := r.base + "/-/"
	switch p.kind {
	case onMerge:
		at += fmt.Sprintf("merge_requests/%d", p.number)
	case onSnippet:
		at += fmt.Sprintf("snippets/%d", p.number)
	case onCommit:
		at += "commit/" + p.commit
	default:
		at += fmt.Sprintf("issues/%d", p.number)
	}
	if p.note != 0 {
		at += fmt.Sprintf("#note_%d", p.note)
	}
	return at
}

// placeAbove returns the place of what a record stands under.
func placeAbove(one *providers.Write) (place, error) {
	if one.Record.Parent == nil {
		return place{}, providers.Errorf(providers.CodeInvalid, "%s %s stands under nothing", one.Record.Kind, schema.Printable(one.Record.ID))
	}
	ref, ok := forgetarget.Related(*one, *one.Record.Parent)
	if !ok {
		return place{}, &providers.Error{Code: providers.CodeInvalid, Op: "write " + string(one.Record.Kind), Subject: schema.Printable(one.Record.ID),
			Message: fmt.Sprintf("the %s that it stands under is not at the target", one.Record.Parent.Kind),
			Hint:    "see why that one was not written; apply writes both again"}
	}
	p, err := parsePlace(ref.ID)
	return p.whole(), err
}
