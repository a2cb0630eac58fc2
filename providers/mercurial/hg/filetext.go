package hg

import (
	"bytes"
	"strings"
)

// metaMark begins and ends the metadata of a file revision.
const metaMark = "\x01\n"

// Meta is what a file revision holds besides its content.
type Meta map[string]string

// Copy returns where the file was copied or renamed from. A copy is only
// recorded when the revision has no first parent.
func (m Meta) Copy() (path string, source Node, ok bool) {
	path = m["copy"]
	source, err := ParseNode(m["copyrev"])
	return path, source, err == nil && path != ""
}

// SplitMeta splits the text of a file revision into its metadata and its
// content. Text without metadata is all content. It never fails: what is no
// metadata in the form that Mercurial reads is none.
func SplitMeta(text []byte) (Meta, []byte) {
	n := MetaSize(text)
	if n == 0 {
		return nil, text
	}
	meta := Meta{}
	for line := range strings.SplitSeq(string(text[len(metaMark):n-len(metaMark)]), "\n") {
		if key, value, ok := strings.Cut(line, ": "); ok {
			meta[key] = value
		}
	}
	return meta, text[n:]
}

// MetaSize is how many bytes precede the content in the text of a file
// revision. The beginning of a text is enough, if it holds all metadata.
func MetaSize(text []byte) int {
	if !bytes.HasPrefix(text, []byte(metaMark)) {
		return 0
	}
	end := bytes.Index(text[len(metaMark):], []byte(metaMark))
	if end < 0 {
		return 0
	}
	return end + 2*len(metaMark)
}
