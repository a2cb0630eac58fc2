package planfile

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/authorfile"
)

// authorFiles is how the files of an authors block are read, by attribute.
func authorFiles(attribute string) func(io.Reader) ([]authorfile.Entry, []authorfile.Problem) {
	switch attribute {
	case "csv":
		return authorfile.CSV
	case "mailmap":
		return authorfile.Mailmap
	default:
		return authorfile.SVNAuthors
	}
}

// authors reads an authors block with the files it names.
func (l *loader) authors(b *block) {
	c := l.read(b.body, shape{
		attributes: []string{"csv", "mailmap", "svn_authors", "unmatched", "trailers"},
		repeated:   []hcl.BlockHeaderSchema{{Type: "author", LabelNames: []string{"person"}}},
	})
	table := schema.AuthorTable{Name: b.name(), Unmatched: "error", Range: schemaRange(b.rng)}
	seen := make(map[string]hcl.Range)
	for _, person := range c.repeated {
		label := person.Labels[0]
		at := person.LabelRanges[0]
		if first, twice := seen[label]; twice {
			l.problem("plan.block.duplicate", at, "Declared twice",
				fmt.Sprintf("author %q is declared here and at %s. Remove one of the two.", schema.Printable(label), place(first)))
			continue
		}
		seen[label] = at
		table.Entries = append(table.Entries, l.author(person)...)
	}
	for _, name := range []string{"csv", "mailmap", "svn_authors"} {
		if s := c.find(name); s != nil {
			table.Entries = append(table.Entries, l.authorEntries(s)...)
		}
	}
	if s := c.find("unmatched"); s != nil {
		w := choice("unmatched", "error", "keep", "synthesize", "placeholder")
		w.ty = cty.String
		if v := l.checked(w, s); v.IsKnown() && !v.IsNull() {
			table.Unmatched = v.AsString()
		}
	}
	if s := c.find("trailers"); s != nil {
		w := &word{Attribute: schema.Attribute{Name: "trailers", Type: schema.TypeBool}, ty: cty.Bool}
		if v := l.checked(w, s); v.IsKnown() && !v.IsNull() {
			table.Trailers = v.True()
		}
	}
	if l.out.Authors == nil {
		l.out.Authors = make(map[string]schema.AuthorTable)
	}
	l.out.Authors[table.Name] = table
}

// checked evaluates s and checks it against w.
func (l *loader) checked(w *word, s *setting) cty.Value {
	r, ctx := l.evaluateIn(s.expr, scope{})
	return l.check(w, false, given{s, r.value, ctx})
}

// author reads an inline entry. Its label is a person's name or id at the
// source, and a plan does not say which, so it stands for both.
func (l *loader) author(b *hcl.Block) []schema.AuthorEntry {
	label := b.Labels[0]
	if _, err := parsePlainText(cty.StringVal(label)); err != nil {
		l.problem("plan.block.name", b.LabelRanges[0], "Invalid name", "The label of an author is the person's name or id at the source; "+err.Error()+".")
		return nil
	}
	before := len(l.findings.list)
	c := l.read(b.Body, shape{attributes: []string{"name", "email", "target_user"}})
	e := schema.AuthorEntry{Rule: "author", RemoteID: label, RemoteName: label, Range: schemaRange(b.DefRange)}
	if len(c.settings) == 0 && len(l.findings.list) == before {
		l.problem("plan.attribute.missing", b.DefRange, "Missing argument", "An author has a name, an email or a target_user; without any of them the entry does nothing.")
	}
	for _, s := range c.settings {
		w := &word{Attribute: schema.Attribute{Name: s.name}, ty: cty.String, parse: parsePlainText}
		v := l.checked(w, s)
		if !v.IsKnown() || v.IsNull() {
			continue
		}
		switch s.name {
		case "name":
			e.Name = v.AsString()
		case "email":
			e.Email = v.AsString()
		case "target_user":
			e.TargetUser = v.AsString()
		}
	}
	return []schema.AuthorEntry{e}
}

// authorEntries reads the files that s lists.
func (l *loader) authorEntries(s *setting) []schema.AuthorEntry {
	w := &word{Attribute: schema.Attribute{Name: s.name}, ty: cty.List(cty.String), parse: parseTexts}
	v := l.checked(w, s)
	if !v.IsWhollyKnown() || v.IsNull() {
		return nil
	}
	var out []schema.AuthorEntry
	for _, e := range v.AsValueSlice() {
		path, err := insidePath(e.AsString())
		var content []byte
		if err == nil {
			content, err = l.folder.load(path)
		}
		if err != nil {
			l.problem("plan.file", s.expr.Range(), "Unreadable file", sentence(err.Error()))
			continue
		}
		l.note(path, content)
		// So that excerpts can be shown, as of plan files.
		if l.files[path] == nil {
			l.files[path] = &hcl.File{Bytes: content, Body: hcl.EmptyBody()}
		}
		entries, problems := authorFiles(s.name)(bytes.NewReader(content))
		starts := lineStarts(content)
		for _, p := range problems {
			l.problem(code("plan.authors."+s.name), lineRange(path, starts, len(content), p.Line, p.Column), p.Summary, p.Detail)
		}
		for _, e := range entries {
			out = append(out, schema.AuthorEntry{
				Rule: s.name, RemoteID: e.RemoteID, RemoteName: e.RemoteName,
				MatchName: e.MatchName, MatchEmail: e.MatchEmail,
				Name: e.Name, Email: e.Email, TargetUser: e.TargetUser,
				Range: schemaRange(lineRange(path, starts, len(content), e.Line, 0)),
			})
		}
	}
	return out
}

// lineStarts is where each line of content starts.
func lineStarts(content []byte) []int {
	starts := []int{0}
	for i, b := range content {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineRange is a line of a file of the given size. Lines and columns count
// from 1; column 0 is the whole line.
func lineRange(file string, starts []int, size, line, column int) hcl.Range {
	line = min(max(line, 1), len(starts))
	start, end := starts[line-1], size
	if line < len(starts) {
		end = starts[line] - 1
	}
	column = max(column, 1)
	return hcl.Range{
		Filename: file,
		Start:    hcl.Pos{Line: line, Column: column, Byte: start},
		End:      hcl.Pos{Line: line, Column: column + 1, Byte: end},
	}
}
