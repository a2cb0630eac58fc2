package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/drover-migrate/drover/schema/planfile"
)

// writeOutput writes an output to its file, whole or not at all. Plans come with
// pull requests, so nothing is written outside the plan's folder, and no
// symbolic link is followed.
func (a *app) writeOutput(o planfile.Output) error {
	var b strings.Builder
	if err := formatOutput(&b, o); err != nil {
		return err
	}
	root, err := os.OpenRoot(a.dir())
	if err != nil {
		return fmt.Errorf("open the plan's folder: %w", err)
	}
	defer root.Close()
	if err := makeFolders(root, path.Dir(o.File)); err != nil {
		return err
	}
	if info, err := root.Lstat(o.File); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no ordinary file; move it away, or choose another file", o.File)
	}
	return replaceFile(root, o.File, b.String())
}

// makeFolders makes the folders on the way to a file, and refuses links among
// those that are there.
func makeFolders(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	at := ""
	for part := range strings.SplitSeq(dir, "/") {
		at = path.Join(at, part)
		err := root.Mkdir(at, 0o755)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make the folder %s: %w", at, err)
		}
		info, err := root.Lstat(at)
		if err != nil {
			return fmt.Errorf("look at the folder %s: %w", at, err)
		}
		if !info.IsDir() {
			return fmt.Errorf("%s is no folder of the plan; remove it, or choose another file", at)
		}
	}
	return nil
}

func replaceFile(root *os.Root, name, text string) error {
	temporary := name + ".tmp"
	if err := root.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("save %s: %w", name, err)
	}
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	_, err = io.WriteString(f, text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary) // what is left of it helps nobody
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}

// formatOutput writes a value as the ending of its file says.
func formatOutput(w io.Writer, o planfile.Output) error {
	switch path.Ext(o.File) {
	case ".json":
		return writeIndented(w, o.Value)
	case ".csv":
		v, err := parseValue(o.Value)
		if err != nil {
			return err
		}
		c := csv.NewWriter(w)
		if err := c.WriteAll(v.table()); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
		return nil
	}
	return writePlain(w, o.Value)
}

func writeIndented(w io.Writer, raw json.RawMessage) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(raw)
}

// writePlain writes a value as text: an element a line, those of a map after
// their keys.
func writePlain(w io.Writer, raw json.RawMessage) error {
	v, err := parseValue(raw)
	if err != nil {
		return err
	}
	var b strings.Builder
	switch {
	case v.list == nil:
		b.WriteString(v.text() + "\n")
	case v.keyed:
		for _, e := range v.list {
			b.WriteString(e.key + " " + e.text() + "\n")
		}
	default:
		for _, e := range v.list {
			b.WriteString(e.text() + "\n")
		}
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// value is JSON with the members of objects in their order.
type value struct {
	raw   json.RawMessage
	key   string // in an object
	keyed bool   // the elements have keys
	list  []value
}

// parseValue takes an object or array apart, one level deep.
func parseValue(raw json.RawMessage) (value, error) {
	v := value{raw: raw}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	start, err := d.Token()
	if err != nil {
		return v, fmt.Errorf("read an output: %w", err)
	}
	if start != json.Delim('{') && start != json.Delim('[') {
		return v, nil
	}
	v.keyed, v.list = start == json.Delim('{'), []value{}
	for d.More() {
		var e value
		if v.keyed {
			key, err := d.Token()
			if err != nil {
				return v, fmt.Errorf("read an output: %w", err)
			}
			e.key, _ = key.(string) // JSON has no other keys
		}
		if err := d.Decode(&e.raw); err != nil {
			return v, fmt.Errorf("read an output: %w", err)
		}
		v.list = append(v.list, e)
	}
	return v, nil
}

// text is a string itself, nothing for null, and JSON for everything else.
func (v value) text() string {
	var s *string
	if json.Unmarshal(v.raw, &s) != nil {
		return string(v.raw)
	}
	if s == nil {
		return ""
	}
	return *s
}

// table is the value as lines of cells, with a heading: a line for each element,
// whose members become columns where all elements are objects.
func (v value) table() [][]string {
	if v.list == nil {
		return [][]string{{"value"}, {v.text()}}
	}
	columns, rows := v.columns()
	head := columns
	if columns == nil {
		head = []string{"value"}
	}
	if v.keyed {
		head = append([]string{"key"}, head...)
	}
	table := [][]string{head}
	for i, e := range v.list {
		var line []string
		if v.keyed {
			line = append(line, e.key)
		}
		if columns == nil {
			line = append(line, e.text())
		}
		for _, c := range columns {
			line = append(line, rows[i][c])
		}
		table = append(table, line)
	}
	return table
}

// columns are the names of the members of v's elements, in the order in which
// they first occur, and the members' texts; nil when an element is no object.
func (v value) columns() ([]string, []map[string]string) {
	var names []string
	var rows []map[string]string
	seen := map[string]bool{}
	for _, e := range v.list {
		inner, err := parseValue(e.raw)
		if err != nil || !inner.keyed {
			return nil, nil
		}
		row := map[string]string{}
		for _, m := range inner.list {
			if !seen[m.key] {
				seen[m.key] = true
				names = append(names, m.key)
			}
			row[m.key] = m.text()
		}
		rows = append(rows, row)
	}
	return names, rows
}
