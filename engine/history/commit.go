package history

import (
	"bytes"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// editor makes the changes of one commit or tag. It is for one goroutine.
type editor struct {
	people   *people // nil: nobody is mapped
	trailers bool
	changes  splices // reused
}

// renames tells what other objects became. Any of its functions may be nil.
type renames struct {
	tree    func(gitpack.ID) gitpack.ID
	object  func(gitpack.ID) gitpack.ID     // a commit or tag
	mention func(id []byte) (became []byte) // hexadecimal digits in a message; nil to keep them
}

// commit returns data as it becomes, or nil if it stays, and how many
// signatures and quoted tags were dropped because they hold no longer.
func (e *editor) commit(data []byte, to renames) (edited []byte, dropped int64) {
	foreign := e.edit(data, to)
	if len(e.changes) == 0 {
		return nil, 0
	}
	if foreign {
		if utf8, ok := recode(data); ok {
			edited, dropped = e.commit(utf8, to)
			return edited, dropped
		}
	}
	for f := range fields(data) {
		if f.is("gpgsig") || f.is("gpgsig-sha256") {
			e.changes.remove(f.start, f.end)
			dropped++
		}
		if f.is("mergetag") && to.object != nil && quotesRenamed(f.value, to) {
			e.changes.remove(f.start, f.end)
			dropped++
		}
	}
	return e.changes.apply(data), dropped
}

// edit collects the changes of a commit in e.changes. Foreign says that some of
// them are in UTF-8 and the commit is not.
func (e *editor) edit(data []byte, to renames) (foreign bool) {
	e.changes = e.changes[:0]
	set := charsetOf(encodingOf(data))
	message, listed := 0, false
	for f := range fields(data) {
		message = f.end
		switch {
		case f.start == 0 && f.is("tree"):
			if to.tree != nil {
				e.rename(f, to.tree)
			}
			continue
		case !listed && f.is("parent"):
			if to.object != nil {
				e.rename(f, to.object)
			}
			continue
		case f.is("author") || f.is("committer"):
			foreign = e.person(f, set) || foreign
		}
		listed = true
	}
	return e.message(data, message, len(data), set, to) || foreign
}

// rename replaces the object id that is the value of f.
func (e *editor) rename(f field, to func(gitpack.ID) gitpack.ID) {
	id, err := gitpack.ParseID(string(f.value))
	if err != nil {
		return
	}
	if became := to(id); became != id {
		at := f.start + len(f.key) + 1
		e.changes.replace(at, at+len(f.value), []byte(became.String()))
	}
}

// person maps the identity of an author, committer or tagger line.
func (e *editor) person(f field, set charset) (foreign bool) {
	if e.people == nil {
		return false
	}
	id, ok := splitIdentity(f.value)
	if !ok {
		return false
	}
	became := e.people.replace(f.value, id, set)
	if became.text != "" {
		at := f.start + len(f.key) + 1
		e.changes.replace(at, at+id.end, []byte(became.text))
	}
	return became.foreign
}

// message maps people and commit ids in data[start:end].
func (e *editor) message(data []byte, start, end int, set charset, to renames) (foreign bool) {
	text := data[start:end]
	if e.people != nil && e.trailers {
		for value := range trailers(text) {
			line := text[value.start:value.end]
			if !creditsSomebody(line) {
				continue
			}
			id, _ := splitIdentity(line)
			became := e.people.replace(line, id, set)
			if became.text != "" {
				e.changes.replace(start+value.start, start+value.start+id.end, []byte(became.text))
			}
			foreign = foreign || became.foreign
		}
	}
	if to.mention != nil {
		for m := range mentions(text) {
			at := start + m.start
			if e.changed(at) {
				continue
			}
			if became := to.mention(text[m.start:m.end]); became != nil && !inURL(text, m.start) {
				e.changes.replace(at, start+m.end, became)
			}
		}
	}
	return foreign
}

// changed reports whether offset at is in something that was replaced already,
// such as an id in a trailer's name.
func (e *editor) changed(at int) bool {
	for _, c := range e.changes {
		if c.start <= at && at < c.end {
			return true
		}
	}
	return false
}

// fields yields the header of a commit or tag.
func fields(data []byte) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for at := 0; ; {
			f, ok := nextField(data, at)
			if !ok || !yield(f) {
				return
			}
			at = f.end
		}
	}
}

// encodingOf returns the value of the encoding header.
func encodingOf(data []byte) string {
	for f := range fields(data) {
		if f.is("encoding") {
			return string(f.value)
		}
	}
	return ""
}

// recode returns a commit in UTF-8 and without the encoding header. It fails
// if that would lose anything.
func recode(data []byte) ([]byte, bool) {
	utf8, ok := charsetOf(encodingOf(data)).whole(data)
	if !ok {
		return nil, false
	}
	var out splices
	for f := range fields(utf8) {
		if f.is("encoding") {
			out.remove(f.start, f.end)
		}
	}
	return out.apply(utf8), true
}

// quotesRenamed reports whether the tag that a mergetag header quotes is of a
// commit that changed.
func quotesRenamed(first []byte, to renames) bool {
	hex, ok := bytes.CutPrefix(first, []byte("object "))
	if !ok {
		return false
	}
	id, err := gitpack.ParseID(string(hex))
	return err == nil && to.object(id) != id
}
