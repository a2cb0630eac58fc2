package conversion

import (
	"strings"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// Commit is what a commit object says.
type Commit struct {
	Tree      gitpack.ID
	Parents   []gitpack.ID
	Author    []byte // as Person.At returns it
	Committer []byte
	Extra     []Header // after the committer
	Message   []byte   // as Message returns it
}

// Header is a further line of a commit. In a value of several lines git
// continues each with a space.
type Header struct{ Name, Value string }

// EncodeCommit returns the contents of a commit object.
func EncodeCommit(c Commit) []byte {
	size := 200 + 48*len(c.Parents) + len(c.Author) + len(c.Committer) + len(c.Message)
	data := make([]byte, 0, size)
	data = appendHeader(data, "tree", c.Tree.String())
	for _, p := range c.Parents {
		data = appendHeader(data, "parent", p.String())
	}
	data = appendHeader(data, "author", string(c.Author))
	data = appendHeader(data, "committer", string(c.Committer))
	for _, h := range c.Extra {
		data = appendHeader(data, h.Name, h.Value)
	}
	data = append(data, '\n')
	return append(data, c.Message...)
}

// Tag is what an annotated tag says.
type Tag struct {
	Object  gitpack.ID
	Kind    gitpack.Kind // of the object
	Name    string       // of its ref, without refs/tags/
	Tagger  []byte       // as Person.At returns it
	Message []byte       // as Message returns it
}

// EncodeTag returns the contents of a tag object.
func EncodeTag(t Tag) []byte {
	data := appendHeader(nil, "object", t.Object.String())
	data = appendHeader(data, "type", t.Kind.String())
	data = appendHeader(data, "tag", t.Name)
	data = appendHeader(data, "tagger", string(t.Tagger))
	data = append(data, '\n')
	return append(data, t.Message...)
}

func appendHeader(data []byte, name, value string) []byte {
	data = append(data, name...)
	data = append(data, ' ')
	data = append(data, strings.ReplaceAll(value, "\n", "\n ")...)
	return append(data, '\n')
}
