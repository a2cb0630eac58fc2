package svntest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Parse makes the history that a script describes; see the package comment.
func Parse(script string) (*History, error) {
	p := parser{h: New()}
	s := scanner{rest: script, line: 1}
	for {
		line := s.line
		words, err := s.statement()
		if err == nil && words == nil {
			break
		}
		if err == nil && len(words) > 0 {
			err = p.statement(words)
		}
		if err == nil {
			err = p.h.err
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the script: %w", line, err)
		}
	}
	return p.h, nil
}

// word is one word of a script. Of NAME="VALUE", name ends before the "=".
type word struct {
	text   string
	quoted bool // from its beginning: a text, or a path
	equals int  // where the first = outside of quotes is, or -1
}

type scanner struct {
	rest string
	line int
}

// statement returns the words of the next line, and nil at the end.
func (s *scanner) statement() ([]word, error) {
	if s.rest == "" {
		return nil, nil
	}
	words := []word{}
	for s.rest != "" {
		switch c := s.rest[0]; {
		case c == '\n':
			s.rest, s.line = s.rest[1:], s.line+1
			return words, nil
		case c == ' ' || c == '\t' || c == '\r':
			s.rest = s.rest[1:]
		case c == '#' || strings.HasPrefix(s.rest, "//"):
			s.rest = s.rest[max(strings.IndexByte(s.rest+"\n", '\n'), 0):]
		default:
			w, err := s.word()
			if err != nil {
				return nil, err
			}
			words = append(words, w)
		}
	}
	return words, nil
}

func (s *scanner) word() (word, error) {
	w := word{equals: -1}
	var b strings.Builder
	for s.rest != "" && !strings.ContainsRune(" \t\r\n", rune(s.rest[0])) {
		if c := s.rest[0]; c != '"' && c != '`' {
			if c == '=' && w.equals < 0 {
				w.equals = b.Len()
			}
			b.WriteByte(c)
			s.rest = s.rest[1:]
			continue
		}
		quoted, err := strconv.QuotedPrefix(s.rest)
		if err != nil {
			return w, errors.New("a string does not end")
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return w, err
		}
		w.quoted = w.quoted || b.Len() == 0
		b.WriteString(value)
		s.rest = s.rest[len(quoted):]
		s.line += strings.Count(quoted, "\n")
	}
	w.text = b.String()
	return w, nil
}

type parser struct{ h *History }

func (p *parser) statement(words []word) error {
	verb, args := words[0].text, words[1:]
	if number, ok := strings.CutPrefix(verb, "r"); ok && verb != "revprop" {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no revision", verb)
		}
		return p.begin(n, args)
	}
	if verb == "uuid" && len(args) == 1 {
		p.h.UUID = args[0].text
		return nil
	}
	if p.h.Latest() == 0 && verb != "revprop" {
		return errNoRevision
	}
	switch {
	case verb == "revprop" && len(args) == 2:
		p.h.RevProp(args[0].text, args[1].text)
	case verb == "D" && len(args) == 1:
		p.h.Delete(path(args[0].text))
	case verb == "A" && len(args) > 0:
		return p.add(args[0].text, args[1:], p.h.Mkdir, p.h.Add)
	case verb == "R" && len(args) > 0:
		return p.add(args[0].text, args[1:],
			func(path string, e Edit) { p.h.Replace(path, true, e) },
			func(path string, e Edit) { p.h.Replace(path, false, e) })
	case verb == "M" && len(args) > 0:
		e, err := edit(args[1:])
		p.h.Change(path(args[0].text), e)
		return err
	case verb == "C" && len(args) > 1:
		return p.copy(args, p.h.Copy)
	case verb == "RC" && len(args) > 1:
		return p.copy(args, p.h.ReplaceByCopy)
	case verb == "V" && len(args) > 1:
		if err := p.copy(args, p.h.Copy); err != nil {
			return err
		}
		p.h.Delete(path(args[0].text))
	default:
		return fmt.Errorf("%q with %d words is not known", verb, len(args))
	}
	return nil
}

func (p *parser) begin(number int64, args []word) error {
	if number <= p.h.Latest() {
		return fmt.Errorf("r%d comes after r%d", number, p.h.Latest())
	}
	if len(args) > 3 {
		return errors.New("a revision has an author, a date and a message")
	}
	for p.h.Latest() < number-1 {
		p.h.Begin(map[string]string{"svn:date": defaultDate(p.h.Latest() + 1)})
	}
	props := map[string]string{
		"svn:author": "alice",
		"svn:date":   defaultDate(number),
		"svn:log":    fmt.Sprintf("message of r%d", number),
	}
	for i, name := range []string{"svn:author", "svn:date", "svn:log"}[:len(args)] {
		props[name] = args[i].text
		if args[i].text == "-" && !args[i].quoted {
			delete(props, name)
		}
	}
	if date, err := time.Parse(time.RFC3339, props["svn:date"]); err == nil {
		props["svn:date"] = Date(date) // anything else is meant to be odd
	}
	p.h.Begin(props)
	return nil
}

func defaultDate(number int64) string {
	return Date(time.Unix(startOfTime+3600*number, 0))
}

func (p *parser) add(name string, args []word, dir, file func(string, Edit)) error {
	e, err := edit(args)
	if err != nil {
		return err
	}
	if isDir := strings.HasSuffix(name, "/"); isDir {
		dir(path(name), e)
		return nil
	}
	if !e.hasText() {
		e.Text = fmt.Appendf(nil, "%s of r%d\n", name, p.h.Latest())
	}
	file(path(name), e)
	return nil
}

func (p *parser) copy(args []word, do func(from string, revision int64, to string, e Edit)) error {
	from, revision := args[0].text, p.h.Latest()-1
	if at := strings.LastIndexByte(from, '@'); at >= 0 {
		n, err := strconv.ParseInt(from[at+1:], 10, 64)
		if err != nil {
			return fmt.Errorf("%q names no revision", from)
		}
		from, revision = from[:at], n
	}
	e, err := edit(args[2:])
	if err != nil {
		return err
	}
	do(path(from), revision, path(args[1].text), e)
	return nil
}

func edit(args []word) (Edit, error) {
	var e Edit
	for _, w := range args {
		switch {
		case w.quoted && !e.hasText():
			e.Text = []byte(w.text)
		case w.equals > 0:
			if e.Set == nil {
				e.Set = map[string]string{}
			}
			e.Set[w.text[:w.equals]] = w.text[w.equals+1:]
		case !w.quoted && strings.HasPrefix(w.text, "-"):
			e.Remove = append(e.Remove, w.text[1:])
		default:
			return e, fmt.Errorf("%q is neither a text nor a property", w.text)
		}
	}
	return e, nil
}

// path returns a path of a script as the history knows it.
func path(s string) string {
	if s == "." {
		return ""
	}
	return strings.TrimSuffix(s, "/")
}
