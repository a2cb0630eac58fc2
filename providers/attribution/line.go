package attribution

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/drover-migrate/drover/schema"
)

// maxName bounds the names in a line, in characters.
const maxName = 100

// Author is what a line tells.
type Author struct {
	// Person is who wrote the text; zero when the target shows that itself.
	Person schema.Person

	At, Edited schema.Time // when; zero times are left out
	URL        string      // where the object stands at the source; http and https only

	// Verb says what was done: "opened this issue". Empty: "wrote this".
	Verb string

	// Extra says what else the target cannot show: "assigned to `bob`". These
	// are Markdown of the caller, made with Name and Code of what others wrote.
	Extra []string
}

// Line returns the line that tells of a, one line of Markdown without an end of
// line. It is empty when there is nothing to tell.
func Line(a Author) string {
	var parts []string
	if who := Name(a.Person); who != "" {
		parts = append(parts, who+" "+a.verb()+on(a.At))
	} else if !a.At.IsZero() {
		parts = append(parts, moment(a.At))
	}
	if !a.Edited.IsZero() {
		parts = append(parts, "edited "+moment(a.Edited))
	}
	for _, extra := range a.Extra {
		if extra = oneLine(extra); extra != "" {
			parts = append(parts, extra)
		}
	}
	if link := link(a.URL); link != "" {
		parts = append(parts, link)
	}
	if len(parts) == 0 {
		return ""
	}
	return "> " + strings.Join(parts, " · ")
}

func (a Author) verb() string {
	if verb := oneLine(a.Verb); verb != "" {
		return verb
	}
	return "wrote this"
}

func on(t schema.Time) string {
	if t.IsZero() {
		return ""
	}
	return " on " + moment(t)
}

func moment(t schema.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// Name returns p as a line names people, mentioning nobody. It is empty when
// nothing is known of p.
func Name(p schema.Person) string {
	name, login := plain(p.Name), p.Login
	if login == "" && name == "" {
		login = p.ID
	}
	switch {
	case name == "" && login == "":
		return ""
	case name == "":
		return Code(login)
	case login == "" || name == login:
		return "**" + name + "**"
	}
	return "**" + name + "** (" + Code(login) + ")"
}

// Code returns s as code, on one line whatever it holds. Empty text has no code.
func Code(s string) string {
	s = strings.TrimSpace(oneLine(schema.Printable(s)))
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// plain keeps of a display name what no forge gives a meaning to.
func plain(name string) string {
	var b strings.Builder
	space := false
	kept := 0
	for i, r := range name {
		if kept == maxName {
			b.WriteString("…")
			break
		}
		if !shows(r) {
			space = true
			continue
		}
		if space && kept > 0 {
			b.WriteByte(' ')
		}
		space = false
		// A point inside of a word makes www.example.org a link.
		if r == '.' && i+1 < len(name) && name[i+1] != ' ' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		kept++
	}
	return b.String()
}

// shows reports whether r is part of names and of nothing else.
func shows(r rune) bool {
	switch {
	case r == utf8.RuneError:
		return false
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), unicode.Is(unicode.So, r):
		return true
	}
	return strings.ContainsRune(".,'-()’·", r)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// link returns a link to raw, or nothing when it is no address of the web.
func link(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	text := u.String()
	// Angle brackets hold whatever has no angle brackets, spaces or line ends.
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '<' || r == '>' || r == '\\' || r == 0x7f }) {
		return ""
	}
	return "[original](<" + text + ">)"
}
