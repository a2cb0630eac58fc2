package rewrite

import "strings"

// A region is a range of the source in which references may stand.
type region struct {
	start, stop int
	place       Place
	markdown    bool // backslashes escape
}

// regions returns the regions of pieces. Neighbouring pieces of one place
// become one region, so that a reference may cross the places at which the
// Markdown parser happened to stop.
func regions(source string, pieces []piece) []region {
	h := htmlReader{source: source}
	for _, p := range pieces {
		switch p.role {
		case rolePlain, roleLinkText:
			place := Prose
			if p.role == roleLinkText || h.anchor {
				place = LinkText
			}
			h.emit(region{p.start, p.stop, place, true})
		case roleDestination:
			h.emit(region{p.start, p.stop, Destination, true})
		case roleTag, roleHTMLBlock:
			h.read(p)
		case roleHTMLBlockLast:
			h.read(p)
			h.endBlock()
		}
	}
	return h.regions
}

type htmlState int

const (
	htmlText    htmlState = iota
	htmlMarkup            // in a comment or declaration, up to end
	htmlTag               // in a tag, before an attribute
	htmlAttr              // after the name of an attribute
	htmlValue             // before its value
	htmlInValue           // in its value, up to quote
)

// earlier is where a value starts that began in an earlier piece.
const earlier = -1

// An htmlReader finds text and URLs in pieces of HTML, and remembers across
// them, and across the Markdown between them, which element is open. It
// follows the states of an HTML tokenizer as far as telling text from tags
// needs.
type htmlReader struct {
	source  string
	regions []region

	state   htmlState
	end     string // what ends the markup
	tag     string // name of the tag being read
	closing bool
	attr    string // name of the attribute being read
	quote   byte   // around its value, or 0
	value   int    // where its value starts, or earlier

	hidden string // outermost open element whose content is no prose
	depth  int    // how many of that name are open
	anchor bool   // inside <a href>
}

func (h *htmlReader) emit(r region) {
	if h.hidden != "" || r.start >= r.stop {
		return
	}
	if n := len(h.regions); n > 0 && r.place != Destination {
		if last := &h.regions[n-1]; last.stop == r.start && last.place == r.place {
			last.stop = r.stop
			return
		}
	}
	h.regions = append(h.regions, r)
}

// endBlock forgets what does not outlive an HTML block.
func (h *htmlReader) endBlock() {
	h.state = htmlText
	if isRawText(h.hidden) {
		h.hidden = ""
	}
}

func (h *htmlReader) read(p piece) {
	if h.state == htmlInValue {
		h.value = earlier
	}
	for i := p.start; i < p.stop; {
		rest := h.source[i:p.stop]
		switch h.state {
		case htmlText:
			i += h.readText(rest, i, p.role)
		case htmlMarkup:
			i += h.readMarkup(rest)
		case htmlTag:
			i += h.readTag(rest)
		case htmlAttr:
			i += h.readAttr(rest)
		case htmlValue:
			i += h.readValue(rest, i)
		case htmlInValue:
			i += h.readInValue(rest, i)
		}
	}
}

// readText emits the text before the next tag and reads the opening of that.
func (h *htmlReader) readText(s string, at int, r role) int {
	n := strings.IndexByte(s, '<')
	if n < 0 {
		n = len(s)
	}
	h.emit(region{at, at + n, HTML, false})
	if n == len(s) {
		return n
	}
	s = s[n:]
	if isRawText(h.hidden) && !hasPrefixFold(s, "</"+h.hidden) {
		return n + 1
	}
	for _, m := range [...]struct{ open, end string }{
		{"<!-->", ""}, {"<!--->", ""}, {"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<!", ">"}, {"<?", "?>"},
	} {
		if strings.HasPrefix(s, m.open) {
			h.end = m.end
			if m.end != "" {
				h.state = htmlMarkup
			}
			return n + len(m.open)
		}
	}
	name := 1
	h.closing = strings.HasPrefix(s, "</")
	if h.closing {
		name = 2
	}
	stop := name
	for stop < len(s) && (isAlnum(s[stop]) || s[stop] == '-') {
		stop++
	}
	if stop == name || isDigit(s[name]) {
		h.emit(region{at + n, at + n + 1, HTML, false})
		return n + 1
	}
	h.tag = strings.ToLower(s[name:stop])
	h.state = htmlTag
	h.enter(r)
	return n + stop
}

// enter notes that an element opens or closes.
func (h *htmlReader) enter(r role) {
	switch {
	case h.hidden == h.tag && h.closing:
		if h.depth--; h.depth == 0 {
			h.hidden = ""
		}
	case h.hidden == h.tag:
		h.depth++
	case h.hidden != "" || h.closing:
		if h.tag == "a" {
			h.anchor = false
		}
	case h.tag == "code" || h.tag == "pre" || h.tag == "tt" || isRawText(h.tag) && r != roleTag:
		// Forges show an inline <script> or <style> as text, so that one has
		// no content.
		h.hidden, h.depth = h.tag, 1
	}
}

func (h *htmlReader) readMarkup(s string) int {
	n := strings.Index(s, h.end)
	if n < 0 {
		return len(s)
	}
	h.state = htmlText
	return n + len(h.end)
}

func (h *htmlReader) readTag(s string) int {
	if s[0] == '>' {
		h.state = htmlText
		return 1
	}
	if isSpace(s[0]) || s[0] == '/' {
		return 1
	}
	n := 1
	for n < len(s) && !isSpace(s[n]) && !strings.ContainsRune("/>=", rune(s[n])) {
		n++
	}
	h.attr = strings.ToLower(s[:n])
	h.state = htmlAttr
	return n
}

func (h *htmlReader) readAttr(s string) int {
	if isSpace(s[0]) {
		return 1
	}
	if s[0] == '=' {
		h.state = htmlValue
		return 1
	}
	h.state = htmlTag
	return 0
}

func (h *htmlReader) readValue(s string, at int) int {
	switch {
	case isSpace(s[0]):
		return 1
	case s[0] == '>':
		h.state = htmlTag
		return 0
	case s[0] == '"' || s[0] == '\'':
		h.state, h.quote, h.value = htmlInValue, s[0], at+1
		return 1
	}
	h.state, h.quote, h.value = htmlInValue, 0, at
	return 0
}

func (h *htmlReader) readInValue(s string, at int) int {
	n, skip := 0, 0
	if h.quote != 0 {
		n, skip = strings.IndexByte(s, h.quote), 1
	} else if n = strings.IndexAny(s, " \t\r\n\f>"); n < 0 {
		n = len(s)
	}
	if n < 0 {
		return len(s)
	}
	h.state = htmlTag
	if h.value != earlier && !h.closing && (h.attr == "href" || h.attr == "src") {
		h.emit(region{h.value, at + n, Destination, false})
		h.anchor = h.anchor || h.tag == "a" && h.attr == "href"
	}
	return n + skip
}

// isRawText reports whether tags inside of the element are text.
func isRawText(name string) bool {
	return name == "script" || name == "style" || name == "textarea"
}
