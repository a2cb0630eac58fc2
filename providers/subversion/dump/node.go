package dump

import (
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// check refuses a node that no repository could have.
func (r *record) check(revision int64) error {
	if err := svn.CheckPath(r.path); err != nil {
		return err
	}
	action, err := r.svnAction()
	if err != nil {
		return err
	}
	if r.nodeKind != "" && r.nodeKind != "file" && r.nodeKind != "dir" {
		return fmt.Errorf("a node of kind %s is not known", svn.Printable(r.nodeKind))
	}
	if r.path == "" && action != svn.Modify {
		return errors.New("the root can only be changed")
	}
	if r.nodeKind == "dir" && r.text >= 0 {
		return errors.New("a directory has a text")
	}
	copied := r.hasFrom || r.fromRev >= 0
	switch {
	case !copied:
		return nil
	case !r.hasFrom || r.fromRev < 0:
		return errors.New("a copy has no path or no revision to copy from")
	case action != svn.Add && action != svn.Replace:
		return errors.New("a node is copied that is not new")
	case r.fromRev >= revision:
		return fmt.Errorf("it is a copy from r%d, which is not earlier", r.fromRev)
	}
	if err := svn.CheckPath(r.fromPath); err != nil {
		return fmt.Errorf("it is a copy from elsewhere: %w", err)
	}
	return nil
}

func (r *record) svnAction() (svn.Action, error) {
	switch r.action {
	case "add":
		return svn.Add, nil
	case "delete":
		return svn.Delete, nil
	case "change":
		return svn.Modify, nil
	case "replace":
		return svn.Replace, nil
	}
	return 0, fmt.Errorf("a node with the action %s is not known", svn.Printable(r.action))
}

// svnKind is known after the properties were read, since only a file has a
// text.
func (r *record) svnKind() svn.Kind {
	switch {
	case r.nodeKind == "file" || r.text >= 0:
		return svn.File
	case r.nodeKind == "dir":
		return svn.Dir
	}
	return svn.Unknown
}

func isNew(a svn.Action) bool { return a == svn.Add || a == svn.Replace }

// readContents makes a revision out of its records.
func (p *parser) readContents(scratch string) (*svn.Revision, error) {
	var revision svn.Revision
	spool := svn.NewSpool(scratch)
	number, props, err := p.revision(func(_ int64, r *record) error {
		n, err := p.contentsOf(r, scratch)
		if err != nil {
			return err
		}
		revision.Nodes = append(revision.Nodes, n)
		if n.Text != nil {
			return spool.Keep(n.Text)
		}
		return nil
	})
	if err != nil {
		_ = revision.Close() // temporary files of which nobody will read
		return nil, err
	}
	revision.Number, revision.Props = number, props
	return &revision, nil
}

func (p *parser) contentsOf(r *record, scratch string) (*svn.Node, error) {
	n := &svn.Node{
		Path: r.path, FromPath: r.fromPath, FromRevision: r.fromRev,
		BaseMD5: r.baseMD5, MD5: r.md5sum, SHA1: r.sha1sum,
	}
	n.Action, _ = r.svnAction() // was checked
	if n.Action == svn.Delete {
		return n, p.skipContent(r)
	}
	hasProps := r.props >= 0
	props, err := p.readProps(r)
	if err != nil {
		return nil, err
	}
	switch {
	case hasProps && r.propDelta:
		n.Props = &svn.PropChange{Set: props.set, Delete: props.remove}
	case hasProps && len(props.remove) > 0:
		return nil, errProps
	case hasProps:
		n.Props = &svn.PropChange{Full: true, Set: props.set}
	}
	if n.Kind = r.svnKind(); n.Kind == svn.Unknown && isNew(n.Action) {
		return nil, errors.New("a new node is neither a file nor a directory")
	}
	if r.text >= 0 {
		if n.Text, err = p.readText(r, scratch); err != nil {
			return nil, err
		}
	}
	if err := p.in.skip(r.rest); err != nil {
		_ = n.Text.Close() // a temporary file of which nobody will read
		return nil, err
	}
	return n, nil
}

func (p *parser) readText(r *record, scratch string) (*svn.Text, error) {
	w := svn.NewTextWriter(!r.textDelta, scratch)
	w.Grow(r.text)
	if err := p.in.copyTo(w, r.text); err != nil {
		w.Discard()
		return nil, err
	}
	t := w.Text()
	t.Expect(r.md5sum, r.sha1sum)
	return t, nil
}

// readEntry reads what a revision changes, without contents.
func (p *parser) readEntry() (svn.LogEntry, error) {
	var e svn.LogEntry
	number, props, err := p.revision(func(_ int64, r *record) error {
		c := svn.Change{
			Kind: r.svnKind(), Path: r.path, FromPath: r.fromPath, FromRevision: r.fromRev,
			PropsChanged: r.props >= 0 && !r.joint,
		}
		c.TextChanged = r.text >= 0 || r.joint && c.Kind == svn.File
		c.Action, _ = r.svnAction() // was checked
		e.Changes = append(e.Changes, c)
		return p.skipContent(r)
	})
	e.Number, e.Props = number, props
	return e, err
}
