// Package rewrite replaces the references of a Markdown text: #12, !12,
// owner/name#12, @login, commit ids, URLs and link destinations. It is a pure
// function over text: it finds what reads as a reference, asks a Lookup what
// stands in its place, and splices the answer into the original bytes.
// Everything else comes out byte for byte as it went in.
//
// It knows no forge and keeps no state: whether #12 exists, which number it
// has now, or who @login is, only the Lookup can say. It does not render,
// format or repair Markdown, and does not fetch what a URL points to.
//
// Start at [Text], or at [Read] to go through one text twice.
//
// # What is left alone
//
// Code spans and code blocks; HTML comments; the content of the HTML elements
// code, pre, tt, script, style and textarea; HTML attributes other than href
// and src; the alternative text of images; titles of links; labels that a
// reference link is looked up by.
//
// # Why it splices
//
// Parsing Markdown and printing it again changes texts nobody asked to
// change, and a digest over them with it. The parser here only says which
// bytes are prose, code or a destination, and no byte outside a reference is
// written by this package.
//
// # Why it works lexically inside prose
//
// Forges look for references in the text of the rendered page, each with its
// own pattern. This package finds what any of them may mean and lets the
// Lookup decide. Where a rule had to be picked it is stated at the function
// that applies it. Letters beyond ASCII end a word, as they do for the
// patterns of GitHub and GitLab.
package rewrite

import "strings"

// MaxBytes is the size of the largest text that [Text] reads.
const MaxBytes = 10 << 20

// Kind says what a reference looks like.
type Kind int

const (
	// Issue is #12, GH-12 or owner/name#12. On forges that number issues and
	// changes together it can mean either.
	Issue Kind = iota + 1
	// Change is !12 or owner/name!12.
	Change
	// Commit is an id of 7 to 40 lower-case hexadecimal digits standing alone,
	// or owner/name@id. Numbers and words such as "defaced" can look like one.
	Commit
	// Mention is @login, @group/subgroup, @{id} or @{id name}.
	Mention
	// URL is an http or https URL, in prose or as a destination.
	URL
	// Path is a destination without a scheme and host, such as
	// /uploads/3f9a/shot.png or docs/guide.md.
	Path
)

// String returns the kind in lower case, as used in messages and test data.
func (k Kind) String() string {
	switch k {
	case Issue:
		return "issue"
	case Change:
		return "change"
	case Commit:
		return "commit"
	case Mention:
		return "mention"
	case URL:
		return "url"
	case Path:
		return "path"
	}
	return "unknown"
}

// Place says where a reference stands, and so what may replace it.
type Place int

const (
	// Prose is ordinary Markdown: any inline Markdown may stand here.
	Prose Place = iota + 1
	// LinkText is Markdown inside a link: a link must not stand here.
	LinkText
	// Destination is where a link, an image, a definition or an autolink
	// points to: only a URL or a path may stand here.
	Destination
	// HTML is text inside an HTML block, where Markdown is not interpreted.
	HTML
)

// Reference is one reference as it was found.
type Reference struct {
	Kind  Kind
	Place Place
	// Text is exactly the bytes that a replacement replaces.
	Text string
	// Number is the number of an Issue or a Change.
	Number int64
	// Repository is the path before the mark of an Issue, a Change or a
	// Commit, as written; empty for the repository the text belongs to.
	Repository string
	// Name is the login, group path or id of a Mention, or the id of a Commit.
	Name string
	// ByID says that Name is the id of a Mention. Shown is then what people call
	// who is meant, where the text tells: @{id name}.
	ByID  bool
	Shown string
	// URL is the value of a URL or a Path, with escapes and entities resolved.
	URL string
}

// Lookup answers what stands in place of a reference. With ok false the bytes
// stay as they are. The replacement is spliced in as given, except at a
// Destination, where characters that would end it are percent-encoded; it is
// not scanned again. Text calls it in the order of the text, from its own
// goroutine, once for each occurrence.
type Lookup func(Reference) (replacement string, ok bool)

// Stats counts what one call of [Text] saw. Found is Replaced plus Unknown.
type Stats struct {
	Found    int
	Replaced int // lookup knew them, even if the text stays the same
	Unknown  int // lookup did not know them
	// Unread is true if the text is longer than MaxBytes, or nested so deeply
	// or built so intricately that reading it is not safe. Such a text is
	// returned as it came and nothing in it was looked up.
	Unread bool
}

// Text returns text with every reference that lookup knows replaced. It takes
// any bytes: invalid UTF-8 and NUL pass through.
func Text(text string, lookup Lookup) (string, Stats) { return Read(text).Replace(lookup) }

// A Document is a text whose references were found, to be replaced as often as
// one likes: reading costs far more than replacing.
type Document struct {
	text    string
	regions []region
	unread  bool
}

// Read reads a text.
func Read(text string) Document {
	switch {
	case len(text) > MaxBytes:
		return Document{text: text, unread: true}
	case !mayRefer(text):
		return Document{text: text}
	}
	pieces, ok := parse(text)
	if !ok {
		return Document{text: text, unread: true}
	}
	return Document{text: text, regions: regions(text, pieces)}
}

// Replace returns the text with every reference that lookup knows replaced.
func (d Document) Replace(lookup Lookup) (string, Stats) {
	if d.unread {
		return d.text, Stats{Unread: true}
	}
	e := editor{text: d.text, lookup: lookup}
	for _, r := range d.regions {
		if r.place == Destination {
			e.destination(r)
			continue
		}
		e.prose(r)
	}
	return e.finish(), e.stats
}

// mayRefer reports whether a text holds anything that a reference begins with.
// Most comments do not, and then there is nothing to parse for.
func mayRefer(text string) bool {
	digits := 0 // hexadecimal ones in a row
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c) || 'a' <= c && c <= 'f':
			if digits++; digits == minCommit {
				return true
			}
			continue
		case strings.IndexByte("#!@<[", c) >= 0, c == ':' && strings.HasPrefix(text[i:], "://"), c == '-' && i >= 2 && hasPrefixFold(text[i-2:], "gh-"):
			return true
		}
		digits = 0
	}
	return false
}

// An editor copies a text while replacing references, which it must be
// offered in the order of the text.
type editor struct {
	text   string
	lookup Lookup
	stats  Stats
	out    strings.Builder
	copied int // text[:copied] is in out
}

// offer asks lookup about the reference at text[start:stop].
func (e *editor) offer(ref Reference, start, stop int) {
	ref.Text = e.text[start:stop]
	e.stats.Found++
	replacement, ok := e.lookup(ref)
	if !ok {
		e.stats.Unknown++
		return
	}
	e.stats.Replaced++
	if replacement == ref.Text {
		return
	}
	if ref.Place == Destination {
		replacement = encodeDestination(replacement)
	}
	e.out.WriteString(e.text[e.copied:start])
	e.out.WriteString(replacement)
	e.copied = stop
}

func (e *editor) finish() string {
	if e.copied == 0 {
		return e.text
	}
	e.out.WriteString(e.text[e.copied:])
	return e.out.String()
}
