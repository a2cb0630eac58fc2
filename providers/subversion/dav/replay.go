package dav

import (
	"context"
	"errors"
	"fmt"
	"html"
	"iter"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// span is how many revisions one connection reads before it takes the next
// range. Their properties are asked for at once.
const span = 16

// replays reads the revisions from..to over several connections, with the
// texts of files if deltas is set.
func (r *Repository) replays(ctx context.Context, from, to int64, deltas bool) iter.Seq2[*svn.Revision, error] {
	ranges := remote.Ranges{From: from, To: to, Span: span, Workers: r.options.Connections}
	return remote.InOrder(ctx, ranges, func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
		var props map[int64]map[string][]byte
		err := r.retry.Do(ctx, func() (further bool, err error) {
			props, err = r.revprops(ctx, from, to)
			return false, err
		})
		for number := from; err == nil && number <= to; number++ {
			var revision *svn.Revision
			err = r.retry.Do(ctx, func() (further bool, err error) {
				revision, err = r.replay(ctx, number, deltas)
				return false, err
			})
			if err == nil {
				revision.Props = props[number]
				err = emit(revision)
			}
		}
		return err
	})
}

// revprops asks for the properties of the revisions from..to.
//
// A log of the whole repository has every revision. One of a folder has those
// only that touched it or what it was copied from, and none if the folder is
// not there in the end; so there they are asked for one by one.
func (r *Repository) revprops(ctx context.Context, from, to int64) (map[int64]map[string][]byte, error) {
	all := map[int64]map[string][]byte{}
	if r.scope == "" {
		err := r.log(ctx, from, to, false, func(e svn.LogEntry) error {
			all[e.Number] = e.Props
			return nil
		})
		for number := from; err == nil && number <= to; number++ {
			if all[number] == nil {
				err = &svn.Error{Revision: number, Err: errors.New("the server's log leaves it out")}
			}
		}
		return all, err
	}
	for number := from; number <= to; number++ {
		found, err := r.client.propfind(ctx, r.layout.revisionAt(number))
		if err != nil {
			return nil, err
		}
		all[number] = map[string][]byte{}
		for name, value := range found {
			if local, ok := strings.CutPrefix(name, nsProp+" "); ok {
				all[number]["svn:"+local] = value
			} else if local, ok := strings.CutPrefix(name, nsCustom+" "); ok {
				all[number][local] = value
			}
		}
	}
	return all, nil
}

// replay asks for the changes of one revision.
func (r *Repository) replay(ctx context.Context, number int64, deltas bool) (*svn.Revision, error) {
	if number == 0 { // cannot be replayed, and has no nodes
		return &svn.Revision{}, nil
	}
	at, which := r.layout.revisionAt(number), "<S:include-path>"+html.EscapeString(r.scope)+"</S:include-path>"
	if !r.layout.replayed {
		at, which = join(r.layout.root, r.scope), fmt.Sprintf("<S:revision>%d</S:revision>", number)
	}
	accept, send := "svndiff1;q=0.9, svndiff;q=0.8", 0
	if local(r.given) { // there is no line that compression could help
		accept = "svndiff;q=0.8"
	}
	if deltas {
		send = 1
	}
	a, err := r.client.send(ctx, request{
		method: "REPORT",
		path:   remote.EscapePath(at),
		accept: accept,
		body: fmt.Sprintf(`<S:replay-report xmlns:S="svn:">%s`+
			`<S:low-water-mark>0</S:low-water-mark><S:send-deltas>%d</S:send-deltas></S:replay-report>`, which, send),
	})
	if err != nil {
		return nil, err
	}
	defer a.body.Close()
	p := newParser(a.body)
	d := newDrive(p, number, r.options.Scratch)
	defer d.discard()
	if err := failure(p, d.follow()); err != nil {
		return nil, err
	}
	return d.editor.Revision(), nil
}

// drive follows the commands of a replay. They change what was opened last and
// is not closed yet.
type drive struct {
	*parser
	editor *remote.Editor
	nodes  []*remote.Node
}

func newDrive(p *parser, number int64, scratch string) *drive {
	return &drive{parser: p, editor: remote.NewEditor(number, scratch)}
}

// discard releases what a drive that did not finish has collected.
func (d *drive) discard() {
	for _, n := range d.nodes {
		n.Discard()
	}
	d.editor.Abort()
}

// follow reads an editor-report.
func (d *drive) follow() error {
	if err := d.document(nsSvn, "editor-report"); err != nil {
		return err
	}
	for d.child() {
		if d.is(nsDAV, "error") {
			if problem := d.problem(); problem != nil {
				return problem
			}
			continue
		}
		if d.element.space != nsSvn {
			d.skip()
			continue
		}
		if err := d.command(); err != nil {
			return err
		}
	}
	return d.err
}

// command follows one command and leaves its element.
func (d *drive) command() error {
	e := &d.element
	switch e.name {
	case "open-root":
		if err := d.enter(d.editor.Open("", svn.Dir)); err != nil {
			return err
		}
	case "open-directory":
		if err := d.enter(d.editor.Open(e.attribute("name"), svn.Dir)); err != nil {
			return err
		}
	case "open-file":
		if err := d.enter(d.editor.Open(e.attribute("name"), svn.File)); err != nil {
			return err
		}
	case "add-directory":
		if err := d.add(svn.Dir); err != nil {
			return err
		}
	case "add-file":
		if err := d.add(svn.File); err != nil {
			return err
		}
	case "delete-entry":
		if err := d.editor.Delete(e.attribute("name")); err != nil {
			return err
		}
	case "change-dir-prop", "change-file-prop":
		return d.prop()
	case "apply-textdelta":
		return d.textDelta()
	case "close-directory", "close-file":
		if err := d.leave(e.name == "close-file", e.attribute("checksum")); err != nil {
			return err
		}
	}
	d.skip()
	return nil
}

var errNotOpen = errors.New("a file is changed that is not open")

// top returns what was opened last.
func (d *drive) top() *remote.Node {
	if len(d.nodes) == 0 {
		d.fail("%v", errNotOpen)
		return nil
	}
	return d.nodes[len(d.nodes)-1]
}

// maxOpen is how deep files may lie.
const maxOpen = 1 << 16

func (d *drive) enter(n *remote.Node, err error) error {
	if err != nil {
		return err
	}
	if len(d.nodes) == maxOpen {
		d.fail("too many files are open at once")
		return d.err
	}
	d.nodes = append(d.nodes, n)
	return nil
}

func (d *drive) add(kind svn.Kind) error {
	from := remote.Copy{Revision: -1}
	if path, ok := d.element.lookup("copyfrom-path"); ok {
		revision, err := number(d.element.attribute("copyfrom-rev"))
		if err != nil {
			return err
		}
		from = remote.Copy{Path: path, Revision: revision}
	}
	return d.enter(d.editor.Add(d.element.attribute("name"), kind, from))
}

func (d *drive) leave(file bool, checksum string) error {
	n := d.top()
	switch {
	case n == nil:
		return d.err
	case (n.Kind() == svn.File) != file:
		d.fail("%v", errNotOpen)
		return d.err
	}
	d.nodes = d.nodes[:len(d.nodes)-1]
	return n.Close(checksum)
}

// prop reads the change of a property.
func (d *drive) prop() error {
	n := d.top()
	if n == nil {
		return d.err
	}
	name, del := d.element.attribute("name"), d.element.attribute("del") == "true"
	text := d.value(2 * remote.MaxProp)
	if d.err != nil {
		return d.err
	}
	if del {
		return n.SetProp(name, nil)
	}
	value := d.decode(text)
	if d.err != nil {
		return d.err
	}
	return n.SetProp(name, value)
}

// textDelta reads an svndiff.
func (d *drive) textDelta() error {
	n := d.top()
	if n == nil {
		return d.err
	}
	if err := n.BeginText(d.element.attribute("checksum")); err != nil {
		return err
	}
	w := base64Writer{to: n}
	if err := d.text(&w); err != nil {
		return err
	}
	if d.err != nil {
		return d.err
	}
	if err := w.close(); err != nil {
		d.fail("%v", err)
		return d.err
	}
	return n.EndText()
}
