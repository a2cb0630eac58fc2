package svntest

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Dump writes the whole history as a dump file of format 2, as `svnadmin dump`
// does without options.
func (h *History) Dump(w io.Writer) error { return h.DumpRange(w, 0, h.Latest()) }

// DumpRange writes the revisions from..to as `svnadmin dump --incremental`
// does: a dump that goes on where another ended when from is not 0.
func (h *History) DumpRange(w io.Writer, from, to int64) error {
	if h.err != nil {
		return h.err
	}
	b := bufio.NewWriterSize(w, 1<<20)
	fmt.Fprintf(b, "SVN-fs-dump-format-version: 2\n\n")
	if h.UUID != "" {
		fmt.Fprintf(b, "UUID: %s\n\n", h.UUID)
	}
	for number := from; number <= to; number++ {
		r := h.revisions[number]
		props := encodeProps(r.props)
		fmt.Fprintf(b, "Revision-number: %d\nProp-content-length: %d\nContent-length: %d\n\n%s\n", number, len(props), len(props), props)
		for _, c := range r.changes {
			c.dump(b)
		}
	}
	return b.Flush()
}

// Bytes returns the whole history as a dump file.
func (h *History) Bytes() ([]byte, error) {
	var b bytes.Buffer
	err := h.Dump(&b)
	return b.Bytes(), err
}

func (c change) dump(b *bufio.Writer) {
	if c.action == "replace" && c.fromRev >= 0 { // in two records, as svnadmin does
		change{action: "delete", path: c.path, fromRev: -1}.dump(b)
		c.action = "add"
	}
	fmt.Fprintf(b, "Node-path: %s\n", c.path)
	if c.node != nil {
		fmt.Fprintf(b, "Node-kind: %s\n", kind(c.node))
	}
	fmt.Fprintf(b, "Node-action: %s\n", c.action)
	if c.fromRev >= 0 {
		fmt.Fprintf(b, "Node-copyfrom-rev: %d\nNode-copyfrom-path: %s\n", c.fromRev, c.fromPath)
	}
	var props, content []byte
	if c.props {
		props = encodeProps(c.node.props)
		fmt.Fprintf(b, "Prop-content-length: %d\n", len(props))
	}
	if c.text {
		content = c.node.text.bytes()
		fmt.Fprintf(b, "Text-content-length: %d\nText-content-md5: %x\n", len(content), md5.Sum(content))
	}
	if c.props || c.text {
		fmt.Fprintf(b, "Content-length: %d\n", len(props)+len(content))
	}
	b.WriteByte('\n')
	b.Write(props)
	b.Write(content)
	b.WriteString("\n\n")
}

func kind(n *node) string {
	if n.dir {
		return "dir"
	}
	return "file"
}

func encodeProps(props map[string]string) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(props)) {
		fmt.Fprintf(&b, "K %d\n%s\nV %d\n%s\n", len(name), name, len(props[name]), props[name])
	}
	b.WriteString("PROPS-END\n")
	return b.Bytes()
}
