package history

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	attributesName = ".gitattributes"

	// maxAttributesLine is the length from which git ignores a line.
	maxAttributesLine = 2048

	// maxAttributes bounds the files of attributes that are looked into.
	maxAttributes = 16 << 20

	lfsFilter = "lfs"
)

// filterRule is a line of a .gitattributes file that says something about the
// filter attribute.
type filterRule struct {
	pattern  *regexp.Regexp
	basename bool // matched against the last part of the path alone
	filter   string
}

// attributes is what a .gitattributes file says about filters.
type attributes struct {
	rules  []filterRule      // the last that matches counts
	macros map[string]string // name -> filter
	text   string            // equal for files that say the same
}

func (a *attributes) empty() bool { return len(a.rules) == 0 && len(a.macros) == 0 }

// parseAttributes reads a .gitattributes file. The file at the root may define
// macros; others use what that one defined.
func parseAttributes(data []byte, root bool, defined map[string]string) *attributes {
	a := &attributes{}
	macros := maps.Clone(defined)
	var text strings.Builder
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(data) {
		if len(line) >= maxAttributesLine {
			continue
		}
		pattern, words, ok := splitAttributes(string(line))
		if !ok {
			continue
		}
		filter, said := filterOf(words, macros)
		if !said {
			continue
		}
		if name, isMacro := strings.CutPrefix(pattern, "[attr]"); isMacro {
			if !root {
				continue
			}
			if a.macros == nil {
				a.macros = map[string]string{}
			}
			a.macros[name] = filter
			macros = a.macros
			fmt.Fprintf(&text, "[attr]%s %s\n", name, filter)
			continue
		}
		if strings.HasPrefix(pattern, "!") || strings.HasSuffix(pattern, "/") {
			continue // negative patterns are forbidden, the others match folders
		}
		rule := filterRule{basename: !strings.Contains(pattern, "/"), filter: filter}
		var err error
		if rule.pattern, err = wildmatch(strings.TrimPrefix(pattern, "/")); err == nil {
			a.rules = append(a.rules, rule)
			fmt.Fprintf(&text, "%q %s\n", pattern, filter)
		}
	}
	a.text = text.String()
	return a
}

// splitAttributes splits a line into its pattern and the words behind it.
func splitAttributes(line string) (pattern string, words []string, ok bool) {
	const blank = " \t\r\n"
	line = strings.Trim(line, blank)
	if line == "" || line[0] == '#' {
		return "", nil, false
	}
	if line[0] == '"' {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return "", nil, false
		}
		if pattern, err = strconv.Unquote(quoted); err != nil {
			return "", nil, false
		}
		return pattern, strings.Fields(line[len(quoted):]), true
	}
	end := strings.IndexAny(line, blank)
	if end < 0 {
		return line, nil, true
	}
	return line[:end], strings.Fields(line[end:]), true
}

// filterOf returns what words say about the filter, if they do: the name of a
// filter, or "" for none.
func filterOf(words []string, macros map[string]string) (filter string, said bool) {
	for _, word := range words {
		switch name, value, set := strings.Cut(word, "="); {
		case name == "filter" && set:
			filter, said = value, true
		case word == "filter" || word == "-filter" || word == "!filter":
			filter, said = "", true
		default:
			if f, ok := macros[word]; ok {
				filter, said = f, true
			}
		}
	}
	return filter, said
}

// wildmatch turns a pattern of git into a regular expression over characters,
// which takes time in proportion to what it is matched against, whatever the
// pattern.
func wildmatch(pattern string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			if i++; i == len(pattern) {
				return nil, fmt.Errorf("pattern %q ends in a backslash", pattern)
			}
			b.WriteString(quoteByte(pattern[i]))
		case '?':
			b.WriteString(`[^/]`)
		case '*':
			n := len(pattern[i:]) - len(strings.TrimLeft(pattern[i:], "*"))
			before := i == 0 || pattern[i-1] == '/'
			rest := pattern[i+n:]
			i += n - 1
			switch {
			case n >= 2 && before && strings.HasPrefix(rest, "/"):
				b.WriteString(`(?:.*/)?`)
				i++
			case n >= 2 && before && rest == "":
				b.WriteString(`.*`)
			default:
				b.WriteString(`[^/]*`)
			}
		case '[':
			class, n, err := wildClass(pattern[i:])
			if err != nil {
				return nil, err
			}
			b.WriteString(class)
			i += n - 1
		default:
			b.WriteString(quoteByte(pattern[i]))
		}
	}
	b.WriteString(`\z`)
	return regexp.Compile(b.String())
}

// quoteByte returns the expression for one byte. Git matches bytes, and regexp
// characters, so each byte is taken for the character with its number.
func quoteByte(c byte) string { return regexp.QuoteMeta(string(rune(c))) }

// characters returns s as patterns see it.
func characters(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// wildClass turns the class that s begins with into an expression, and returns
// its length in s.
func wildClass(s string) (string, int, error) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		b.WriteString("^/")
		i++
	}
	for first := i; i < len(s); i++ {
		switch c := s[i]; {
		case c == ']' && i > first:
			b.WriteByte(']')
			return b.String(), i + 1, nil
		case c == '[' && strings.HasPrefix(s[i:], "[:"):
			end := strings.Index(s[i:], ":]")
			if end < 0 {
				return "", 0, fmt.Errorf("class %q has no end", s)
			}
			b.WriteString(s[i : i+end+2])
			i += end + 1
		case c == '-' && i > first && i+1 < len(s) && s[i+1] != ']':
			b.WriteByte('-')
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteString(classByte(s[i]))
		default:
			b.WriteString(classByte(c))
		}
	}
	return "", 0, fmt.Errorf("class %q has no end", s)
}

// classByte returns c as it can stand in a class.
func classByte(c byte) string {
	if strings.IndexByte(`\[]^-&~`, c) >= 0 {
		return `\` + string(rune(c))
	}
	return string(rune(c))
}

// match returns the filter of the path, relative to the folder of the file, if
// one of its rules is about it.
func (a *attributes) match(path string) (filter string, said bool) {
	path = characters(path)
	for _, r := range slices.Backward(a.rules) {
		s := path
		if r.basename {
			s = path[strings.LastIndexByte(path, '/')+1:]
		}
		if r.pattern.MatchString(s) {
			return r.filter, true
		}
	}
	return "", false
}

// pointerLine returns the line of a .gitattributes file that gives the file
// name beside it to Git LFS. It fails for names so long that git would ignore the
// line.
func pointerLine(name string) (string, bool) {
	var b strings.Builder
	b.WriteByte('/')
	quote := false
	for i := range len(name) {
		c := name[i]
		if strings.IndexByte(`\*?[`, c) >= 0 {
			b.WriteByte('\\')
		}
		// A quote is special at the beginning of a line only, which is a slash.
		quote = quote || c <= ' ' || c == 0x7f
		b.WriteByte(c)
	}
	pattern := b.String()
	if quote {
		pattern = quoteC(pattern)
	}
	line := pattern + " filter=lfs diff=lfs merge=lfs -text\n"
	return line, len(line) < maxAttributesLine
}

// quoteC quotes a pattern as git and git-lfs read it.
func quoteC(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
