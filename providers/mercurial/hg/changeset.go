package hg

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Changeset is what a revision of the changelog holds. Strings are bytes as
// they were recorded: UTF-8 unless an old or foreign program wrote them.
type Changeset struct {
	Manifest    Node
	User        string
	Time        int64             // seconds since 1970; may be negative
	Offset      int               // seconds east of UTC
	Extra       map[string]string // branch, close, and what tools record
	Files       []string          // what the commit touched; not always complete
	Description string
}

// DefaultBranch is the branch of changesets that name none.
const DefaultBranch = "default"

// Branch is the named branch that the changeset is on.
func (c *Changeset) Branch() string {
	if b := c.Extra["branch"]; b != "" {
		return b
	}
	return DefaultBranch
}

// Closed reports whether the changeset closes its branch head.
func (c *Changeset) Closed() bool { return c.Extra["close"] != "" }

// ParseChangeset reads the text of a changelog revision. An empty text is a
// changeset of nothing, as Mercurial has it.
func ParseChangeset(text []byte) (*Changeset, error) {
	if len(text) == 0 {
		return &Changeset{}, nil
	}
	header, description, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return nil, fmt.Errorf("%w: a changeset without an end of its header", ErrCorrupt)
	}
	lines := strings.Split(string(header), "\n")
	if len(lines) < 3 {
		return nil, fmt.Errorf("%w: a changeset header of %d lines", ErrCorrupt, len(lines))
	}
	manifest, err := ParseNode(lines[0])
	if err != nil {
		return nil, fmt.Errorf("manifest of a changeset: %w", err)
	}
	c := &Changeset{Manifest: manifest, User: lines[1], Files: lines[3:], Description: string(description)}
	date, rest, _ := strings.Cut(lines[2], " ")
	zone, extra, _ := strings.Cut(rest, " ")
	if c.Time, err = parseSeconds(date); err != nil {
		return nil, err
	}
	// Mercurial too reads a zone that is no number as UTC.
	if west, err := parseSeconds(zone); err == nil && west > -math.MaxInt32 && west < math.MaxInt32 {
		c.Offset = int(-west)
	}
	c.Extra = parseExtra(extra)
	return c, nil
}

// parseSeconds reads what Python's float does, which early versions wrote, and
// drops the fraction.
func parseSeconds(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) >= 1<<62 {
		return 0, fmt.Errorf("%w: a changeset whose date is not a number", ErrCorrupt)
	}
	return int64(f), nil
}

func parseExtra(s string) map[string]string {
	if s == "" {
		return nil
	}
	extra := map[string]string{}
	for item := range strings.SplitSeq(s, "\x00") {
		if key, value, ok := strings.Cut(unescape(item), ":"); ok {
			extra[key] = value
		}
	}
	return extra
}

// unescape undoes what Mercurial escapes in extras. What it does not escape is
// left alone.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case '\\':
			b.WriteByte('\\')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case '0':
			b.WriteByte(0)
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
