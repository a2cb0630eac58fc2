package history

import (
	"bytes"
	"sync"

	"github.com/drover-migrate/drover/schema"
)

// identity is the person of an author, committer or tagger line.
type identity struct {
	name, email []byte
	end         int // of "NAME <EMAIL>" in the line
}

// splitIdentity reads a line as git does: the name ends before the first "<",
// the address at the first ">" behind that.
func splitIdentity(line []byte) (identity, bool) {
	if nul := bytes.IndexByte(line, 0); nul >= 0 {
		line = line[:nul]
	}
	open := bytes.IndexByte(line, '<')
	if open < 0 {
		return identity{}, false
	}
	length := bytes.IndexByte(line[open:], '>')
	if length < 0 {
		return identity{}, false
	}
	end := open + length
	return identity{name: bytes.TrimRight(line[:open], " \t\n\v\f\r"), email: line[open+1 : end], end: end + 1}, true
}

// asker asks who somebody is to be, one question at a time.
type asker struct {
	mu     sync.Mutex
	people func(schema.Author) (name, email string)
}

func (a *asker) ask(who schema.Author) (name, email string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.people(who)
}

// maxKnown bounds how many answers are remembered.
const maxKnown = 1 << 17

// people maps identities and remembers the answers. It is for one goroutine.
type people struct {
	*asker
	known map[string]answer // by "CHARSET\x00NAME <EMAIL>"
	key   []byte
}

// answer is what becomes of "NAME <EMAIL>".
type answer struct {
	text    string // "" keeps it
	foreign bool   // text is UTF-8, for the charset cannot hold it
}

// newPeople returns nil if nobody is mapped.
func newPeople(a *asker) *people {
	if a == nil {
		return nil
	}
	return &people{asker: a, known: map[string]answer{}}
}

// replace returns what becomes of the first id.end bytes of line, which are in
// the given charset.
func (p *people) replace(line []byte, id identity, set charset) answer {
	p.key = append(append(append(p.key[:0], set.label...), 0), line[:id.end]...)
	known, ok := p.known[string(p.key)]
	if !ok {
		known = p.find(id, set)
		if len(p.known) >= maxKnown {
			clear(p.known)
		}
		p.known[string(p.key)] = known
	}
	return known
}

func (p *people) find(id identity, set charset) answer {
	was := schema.Author{Name: set.decode(id.name), Email: set.decode(id.email)}
	was.RemoteID, was.RemoteName = was.Email, was.Name
	name, email := p.ask(was)
	if name == "" {
		name = was.Name
	}
	if email == "" {
		email = was.Email
	}
	if name == was.Name && email == was.Email {
		return answer{}
	}
	text := plainIdentity(name) + " <" + plainIdentity(email) + ">"
	encoded, ok := set.encode(text)
	if !ok {
		return answer{text: text, foreign: true}
	}
	return answer{text: encoded}
}

// plainIdentity takes out what would end a name, an address or the line. It
// looks at bytes because not every name is valid UTF-8.
func plainIdentity(s string) string {
	plain := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c >= ' ' && c != 0x7f && c != '<' && c != '>' {
			plain = append(plain, c)
		}
	}
	return string(bytes.TrimSpace(plain))
}
