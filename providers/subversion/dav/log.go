package dav

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Log yields the revisions from..to without contents. See svn.Repository.
func (r *Repository) Log(ctx context.Context, from, to int64) iter.Seq2[svn.LogEntry, error] {
	entries := remote.Entries(ctx, &r.retry, from, to, func(from, to int64, emit func(svn.LogEntry) error) error {
		return r.log(ctx, from, to, true, emit)
	})
	if r.scope != "" {
		entries = remote.Abstract(r.replays(ctx, from, to, false))
	}
	return func(yield func(svn.LogEntry, error) bool) {
		for e, err := range entries {
			if !yield(e, r.failure("read the log", err)) {
				return
			}
		}
	}
}

// log asks for the log entries from..to of the whole repository, with the paths that they changed if
// changes is set.
func (r *Repository) log(ctx context.Context, from, to int64, changes bool, emit func(svn.LogEntry) error) error {
	paths := ""
	if changes {
		paths = "<S:discover-changed-paths/>"
	}
	a, err := r.client.send(ctx, request{
		method: "REPORT",
		path:   remote.EscapePath(r.layout.treeAt(to, "")),
		body: fmt.Sprintf(`<S:log-report xmlns:S="svn:"><S:start-revision>%d</S:start-revision><S:end-revision>%d</S:end-revision>`+
			`%s<S:all-revprops/><S:encode-binary-props/><S:path></S:path></S:log-report>`, from, to, paths),
	})
	if err != nil {
		return err
	}
	defer a.body.Close()
	p := newParser(a.body)
	return failure(p, p.log(emit))
}

// log reads a log-report.
func (p *parser) log(emit func(svn.LogEntry) error) error {
	if err := p.document(nsSvn, "log-report"); err != nil {
		return err
	}
	for p.child() {
		switch {
		case p.is(nsDAV, "error"):
			if problem := p.problem(); problem != nil {
				return problem
			}
		case !p.is(nsSvn, "log-item"):
			p.skip()
		default:
			e, err := p.logItem()
			if err != nil {
				return err
			}
			if err := emit(e); err != nil {
				return err
			}
		}
	}
	return p.err
}

// logItem reads one revision.
func (p *parser) logItem() (svn.LogEntry, error) {
	e := svn.LogEntry{Number: -1, Props: map[string][]byte{}}
	var budget remote.Budget
	for p.child() {
		n := 0
		switch {
		case p.is(nsDAV, "version-name"):
			revision, err := number(string(p.value(maxSaid)))
			if p.err == nil && err != nil {
				return e, err
			}
			e.Number = revision
		case p.is(nsDAV, "creator-displayname"):
			n = p.revprop(e.Props, svn.PropAuthor)
		case p.is(nsSvn, "date"):
			n = p.revprop(e.Props, svn.PropDate)
		case p.is(nsDAV, "comment"):
			n = p.revprop(e.Props, svn.PropLog)
		case p.is(nsSvn, "revprop"):
			n = p.revprop(e.Props, p.element.attribute("name"))
		case p.is(nsSvn, "added-path"), p.is(nsSvn, "modified-path"), p.is(nsSvn, "deleted-path"), p.is(nsSvn, "replaced-path"):
			c := p.change()
			e.Changes = append(e.Changes, c)
			n = len(c.Path) + len(c.FromPath)
		default:
			p.skip()
		}
		if err := budget.Reserve(n); err != nil {
			return e, &svn.Error{Revision: e.Number, Err: err}
		}
	}
	if p.err == nil && e.Number < 0 {
		p.fail("a log entry without a revision")
	}
	if p.err != nil {
		return e, p.err
	}
	for _, c := range e.Changes {
		if err := errors.Join(svn.CheckPath(c.Path), svn.CheckPath(c.FromPath)); err != nil {
			return e, &svn.Error{Revision: e.Number, Path: c.Path, Err: err}
		}
	}
	return e, nil
}

// revprop reads the value of a revision property and returns how much memory
// it takes.
func (p *parser) revprop(props map[string][]byte, name string) int {
	encoded := p.encoded()
	value := p.value(2 * remote.MaxProp)
	if encoded {
		value = p.decode(value)
	}
	if p.err == nil {
		props[name] = value
	}
	return len(name) + len(value)
}

// change reads what a revision did to a path. The name of the element tells
// what that is.
func (p *parser) change() svn.Change {
	c := svn.Change{FromRevision: -1}
	switch p.element.name {
	case "added-path":
		c.Action = svn.Add
	case "deleted-path":
		c.Action = svn.Delete
	case "replaced-path":
		c.Action = svn.Replace
	default:
		c.Action = svn.Modify
	}
	switch p.element.attribute("node-kind") {
	case "file":
		c.Kind = svn.File
	case "dir":
		c.Kind = svn.Dir
	}
	c.TextChanged = p.element.attribute("text-mods") != "false" && c.Kind != svn.Dir && c.Action != svn.Delete
	c.PropsChanged = p.element.attribute("prop-mods") != "false" && c.Action != svn.Delete
	if from, ok := p.element.lookup("copyfrom-path"); ok {
		revision, err := number(p.element.attribute("copyfrom-rev"))
		if err != nil {
			p.fail("a copy from no revision")
		}
		c.FromPath, c.FromRevision = strings.TrimPrefix(from, "/"), revision
	}
	c.Path = strings.TrimPrefix(string(p.value(maxAttribute)), "/")
	return c
}
