package ra

import (
	"context"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// Log yields the revisions from..to without contents. See svn.Repository.
func (r *Repository) Log(ctx context.Context, from, to int64) iter.Seq2[svn.LogEntry, error] {
	entries := remote.Entries(ctx, &r.retry, from, to, func(from, to int64, emit func(svn.LogEntry) error) error {
		return r.with(ctx, func(c *conn) error { return c.log(from, to, emit) })
	})
	if r.scope != "" {
		entries = remote.Abstract(r.replay(ctx, from, to, false))
	}
	return func(yield func(svn.LogEntry, error) bool) {
		for e, err := range entries {
			if !yield(e, r.failure("read the log", err)) {
				return
			}
		}
	}
}

// log asks for the log entries from..to.
func (c *conn) log(from, to int64, emit func(svn.LogEntry) error) error {
	const changedPaths, strict, limit, merged = true, false, 0, false
	err := c.command("( log ( ( 0: ) ( %d ) ( %d ) %t %t %d %t all-revprops ( ) ) )", from, to, changedPaths, strict, limit, merged)
	if err != nil {
		return err
	}
	for c.peek() == '(' {
		e, err := c.logEntry()
		if err != nil {
			return err
		}
		if err := emit(e); err != nil {
			return err
		}
	}
	if w := c.word(); c.err == nil && w != "done" {
		c.fail("%q in a log", w)
	}
	if c.err != nil {
		return c.err
	}
	return c.response(func() {})
}

// logEntry reads a revision, or the failure that ends the log.
func (c *conn) logEntry() (svn.LogEntry, error) {
	c.open()
	if isLetter(c.peek()) {
		if w := c.word(); c.err == nil && w != "failure" {
			c.fail("%q in a log", w)
		}
		if c.err != nil {
			return svn.LogEntry{}, c.err
		}
		return svn.LogEntry{}, c.failure()
	}
	var e svn.LogEntry
	budget := remote.Budget{}
	c.open()
	for c.more() {
		change := c.change()
		e.Changes = append(e.Changes, change)
		if err := budget.Reserve(len(change.Path) + len(change.FromPath)); err != nil {
			return e, &svn.Error{Revision: e.Number, Err: err}
		}
	}
	c.close()
	e.Number = c.number()
	e.Props = map[string][]byte{}
	for _, name := range []string{svn.PropAuthor, svn.PropDate, svn.PropLog} {
		c.open()
		if c.more() {
			e.Props[name] = c.bytes(remote.MaxProp)
		}
		c.close()
	}
	if c.more() {
		c.bool() // has children
		c.bool() // is no revision
		c.number()
		c.proplist(e.Props)
	}
	c.close()
	if c.err != nil {
		return e, c.err
	}
	for i := range e.Changes {
		if err := checkChange(e.Number, &e.Changes[i]); err != nil {
			return e, err
		}
	}
	return e, nil
}

// change reads what a revision did to a path.
func (c *conn) change() svn.Change {
	change := svn.Change{FromRevision: -1, TextChanged: true, PropsChanged: true}
	c.open()
	change.Path = strings.TrimPrefix(c.text(maxURL), "/")
	switch action := c.word(); action {
	case "A", "D", "M", "R":
		change.Action = svn.Action(action[0])
	default:
		c.fail("%q as what was done to a path", action)
	}
	if c.more() {
		c.open()
		if c.more() {
			change.FromPath = strings.TrimPrefix(c.text(maxURL), "/")
			change.FromRevision = c.number()
		}
		c.close()
	}
	if c.more() {
		c.open()
		if c.more() {
			change.Kind = kindOf(c.text(maxToken))
		}
		if c.more() {
			change.TextChanged = c.bool()
			change.PropsChanged = c.bool()
		}
		c.close()
	}
	c.close()
	if change.Action == svn.Delete || change.Kind == svn.Dir {
		change.TextChanged = false
	}
	if change.Action == svn.Delete {
		change.PropsChanged = false
	}
	return change
}

func kindOf(name string) svn.Kind {
	switch name {
	case "file":
		return svn.File
	case "dir":
		return svn.Dir
	}
	return svn.Unknown
}

func checkChange(revision int64, change *svn.Change) error {
	err := svn.CheckPath(change.Path)
	if err == nil {
		err = svn.CheckPath(change.FromPath)
	}
	if err != nil {
		return &svn.Error{Revision: revision, Path: change.Path, Err: err}
	}
	return nil
}

// proplist reads properties into props.
func (c *conn) proplist(props map[string][]byte) {
	budget := remote.Budget{}
	c.open()
	for c.more() {
		c.open()
		name := c.text(maxURL)
		value := c.bytes(remote.MaxProp)
		c.close()
		if err := budget.Reserve(len(name) + len(value)); err != nil {
			c.fail("%v", err)
		}
		if c.err == nil {
			props[name] = value
		}
	}
	c.close()
}
