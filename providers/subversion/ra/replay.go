package ra

import (
	"context"
	"iter"

	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// span is how many revisions are asked for at once. It is small enough for
// ranges that run ahead to fit into memory, and large enough for the time
// between two commands not to matter.
const span = 32

// replay reads the revisions from..to over several connections, with the
// texts of files if deltas is set.
func (r *Repository) replay(ctx context.Context, from, to int64, deltas bool) iter.Seq2[*svn.Revision, error] {
	ranges := remote.Ranges{From: from, To: to, Span: span, Workers: r.options.Connections}
	return remote.InOrder(ctx, ranges, func(ctx context.Context, from, to int64, emit func(*svn.Revision) error) error {
		next := from
		return r.retry.Do(ctx, func() (bool, error) {
			before := next
			if before > to { // the connection was lost after the last one
				return false, nil
			}
			err := r.with(ctx, func(c *conn) error {
				return c.replay(next, to, deltas, r.options.Scratch, func(revision *svn.Revision) error {
					next++
					return emit(revision)
				})
			})
			return next > before, err
		})
	})
}

// replay reads the revisions from..to.
func (c *conn) replay(from, to int64, deltas bool, scratch string, emit func(*svn.Revision) error) error {
	if from == 0 { // cannot be replayed, and has no nodes
		props, err := c.revprops(0)
		if err != nil {
			return err
		}
		if err := emit(&svn.Revision{Props: props}); err != nil {
			return err
		}
		if from++; from > to {
			return nil
		}
	}
	const lowWaterMark = 0
	if err := c.command("( replay-range ( %d %d %d %t ) )", from, to, lowWaterMark, deltas); err != nil {
		return err
	}
	for number := from; number <= to; number++ {
		revision, err := c.revision(number, scratch)
		if err != nil {
			return err
		}
		if err := emit(revision); err != nil {
			return err
		}
	}
	return c.response(func() {})
}

// revprops asks for the properties of a revision.
func (c *conn) revprops(number int64) (map[string][]byte, error) {
	if err := c.command("( rev-proplist ( %d ) )", number); err != nil {
		return nil, err
	}
	props := map[string][]byte{}
	err := c.response(func() { c.proplist(props) })
	return props, err
}

// revision reads one revision of a range.
func (c *conn) revision(number int64, scratch string) (*svn.Revision, error) {
	props := map[string][]byte{}
	c.open()
	switch w := c.word(); {
	case c.err != nil:
		return nil, c.err
	case w == "failure":
		return nil, c.failure()
	case w != "revprops":
		c.fail("%q instead of the properties of r%d", w, number)
		return nil, c.err
	}
	c.proplist(props)
	c.close()

	d := drive{decoder: c.decoder, editor: remote.NewEditor(number, scratch), nodes: map[string]*remote.Node{}}
	defer d.discard()
	for !d.done {
		failed, err := d.command()
		switch {
		case c.err != nil:
			return nil, c.err
		case err != nil:
			return nil, err
		case failed:
			return nil, c.failure()
		}
	}
	revision := d.editor.Revision()
	revision.Props = props
	return revision, nil
}
