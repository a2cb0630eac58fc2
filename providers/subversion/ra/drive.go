package ra

import (
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// maxOpen is how many files and directories may be open at once. Directories
// nest as deep as paths do; only one file is open at a time on real servers.
const maxOpen = 1 << 16

// drive follows the commands of the editor command set.
type drive struct {
	*decoder
	editor *remote.Editor
	nodes  map[string]*remote.Node // by token
	done   bool
}

// command follows one command. It reports whether the server sent a failure
// instead, whose errors come next.
//
// Words of the protocol that are not handled say something about what a
// working copy lacks; replays have none of them.
func (d *drive) command() (failed bool, err error) {
	d.open()
	name := d.word()
	if name == "failure" {
		return true, nil
	}
	d.open()
	switch name {
	case "target-rev":
	case "finish-replay", "close-edit":
		d.done = true
	case "open-root":
		err = d.root()
	case "delete-entry":
		path := d.text(maxURL)
		if d.err == nil {
			err = d.editor.Delete(path)
		}
	case "add-dir":
		err = d.add(svn.Dir)
	case "add-file":
		err = d.add(svn.File)
	case "open-dir":
		err = d.change(svn.Dir)
	case "open-file":
		err = d.change(svn.File)
	case "change-dir-prop", "change-file-prop":
		err = d.prop()
	case "apply-textdelta":
		if n := d.node(); n != nil {
			var sum string
			d.optional(func() { sum = d.text(maxToken) })
			if d.err == nil {
				err = n.BeginText(sum)
			}
		}
	case "textdelta-chunk":
		if n := d.node(); n != nil {
			err = d.copyTo(n)
		}
	case "textdelta-end":
		if n := d.node(); n != nil {
			err = n.EndText()
		}
	case "close-dir", "close-file":
		err = d.finish(name == "close-file")
	case "absent-dir", "absent-file":
	case "abort-edit":
		// The failure that made the server stop comes next.
	default:
		d.fail("%q is no command of an editor", name)
	}
	if err != nil {
		return false, err // the rest of the answer does not matter
	}
	d.close()
	d.close()
	return false, nil
}

// optional reads a tuple that may be empty.
func (d *drive) optional(read func()) {
	if !d.more() {
		return
	}
	d.open()
	if d.more() {
		read()
	}
	d.close()
}

// add reads the rest of add-dir or add-file.
func (d *drive) add(kind svn.Kind) error {
	path := d.text(maxURL)
	d.token() // of the parent
	token := string(d.token())
	from := remote.Copy{Revision: -1}
	d.optional(func() {
		from.Path = d.text(maxURL)
		from.Revision = d.number()
	})
	if d.err != nil {
		return nil
	}
	n, err := d.editor.Add(path, kind, from)
	return d.keep(token, n, err)
}

// change reads the rest of open-dir or open-file.
func (d *drive) change(kind svn.Kind) error {
	path := d.text(maxURL)
	d.token() // of the parent
	token := string(d.token())
	if d.err != nil {
		return nil
	}
	n, err := d.editor.Open(path, kind)
	return d.keep(token, n, err)
}

// root reads the rest of open-root.
func (d *drive) root() error {
	d.optional(func() { d.number() })
	token := string(d.token())
	if d.err != nil {
		return nil
	}
	n, err := d.editor.Open("", svn.Dir)
	return d.keep(token, n, err)
}

// keep remembers an open file or directory.
func (d *drive) keep(token string, n *remote.Node, err error) error {
	switch {
	case err != nil:
		return err
	case d.nodes[token] != nil:
		d.fail("two open files have the same name")
	case len(d.nodes) == maxOpen:
		d.fail("too many files are open at once")
	default:
		d.nodes[token] = n
	}
	return nil
}

// node reads a token and returns what it stands for, or nil after an error.
func (d *drive) node() *remote.Node {
	token := d.token()
	if d.err != nil {
		return nil
	}
	n := d.nodes[string(token)]
	if n == nil {
		d.fail("a file is changed that is not open")
	}
	return n
}

// prop reads the rest of change-dir-prop or change-file-prop.
func (d *drive) prop() error {
	n := d.node()
	name := d.text(maxURL)
	var value []byte
	d.optional(func() { value = d.bytes(remote.MaxProp) })
	if d.err != nil {
		return nil
	}
	return n.SetProp(name, value)
}

// finish reads the rest of close-dir or close-file.
func (d *drive) finish(file bool) error {
	token := string(d.token())
	n := d.nodes[token]
	var sum string
	d.optional(func() { sum = d.text(maxToken) })
	switch {
	case d.err != nil:
		return nil
	case n == nil || (n.Kind() == svn.File) != file:
		d.fail("a file is closed that is not open")
		return nil
	}
	if err := n.Close(sum); err != nil {
		return err
	}
	delete(d.nodes, token)
	return nil
}

// discard releases what a drive that did not finish has collected.
func (d *drive) discard() {
	for _, n := range d.nodes {
		n.Discard()
	}
	d.editor.Abort()
}
