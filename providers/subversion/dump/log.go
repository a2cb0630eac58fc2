package dump

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// svnLog reads what `svn log` prints. That is the only program of Subversion
// that tells what changed without looking at contents; it writes control
// characters in authors and messages as "?\001".
func (d *directory) svnLog(ctx context.Context, from, to int64, emit func(svn.LogEntry) error) error {
	// Without a folder of its own it would read the user's configuration.
	config, err := os.MkdirTemp(d.options.Scratch, "drover-svn-*")
	if err != nil {
		return fmt.Errorf("make a configuration for svn: %w", err)
	}
	defer os.RemoveAll(config)
	log := d.program("svn", "log", "--xml", "--verbose", "--with-all-revprops", "--non-interactive", "--no-auth-cache",
		"--config-dir", config, "--revision", fmt.Sprintf("%d:%d", from, to),
		d.Root()+"@") // an empty peg revision, so that none is looked for in the path
	return log.run(ctx, func(out io.Reader) error { return readLog(out, emit) })
}

// logEntry is an entry in the XML that svn prints.
type logEntry struct {
	Revision int64   `xml:"revision,attr"`
	Author   *string `xml:"author"`
	Date     *string `xml:"date"`
	Message  *string `xml:"msg"`
	Paths    []struct {
		Path         string `xml:",chardata"`
		Action       string `xml:"action,attr"`
		Kind         string `xml:"kind,attr"`
		FromPath     string `xml:"copyfrom-path,attr"`
		FromRevision *int64 `xml:"copyfrom-rev,attr"`
		Text         string `xml:"text-mods,attr"`
		Props        string `xml:"prop-mods,attr"`
	} `xml:"paths>path"`
	Props []struct {
		Name     string `xml:"name,attr"`
		Encoding string `xml:"encoding,attr"`
		Value    string `xml:",chardata"`
	} `xml:"revprops>property"`
}

// readLog gives the entries of a log, one after the other, to emit.
func readLog(r io.Reader, emit func(svn.LogEntry) error) error {
	dec := xml.NewDecoder(r)
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return unexpected(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "logentry" {
			continue
		}
		var raw logEntry
		if err := dec.DecodeElement(&raw, &start); err != nil {
			return err
		}
		e, err := raw.entry()
		if err != nil {
			return &svn.Error{Revision: raw.Revision, Err: err}
		}
		if err := emit(e); err != nil {
			return err
		}
	}
}

func (l *logEntry) entry() (svn.LogEntry, error) {
	e := svn.LogEntry{Number: l.Revision, Props: map[string][]byte{}}
	for name, value := range map[string]*string{svn.PropAuthor: l.Author, svn.PropDate: l.Date, svn.PropLog: l.Message} {
		if value != nil {
			e.Props[name] = []byte(*value)
		}
	}
	for _, p := range l.Props {
		value := []byte(p.Value)
		if p.Encoding == "base64" {
			var err error
			if value, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(p.Value), "")); err != nil {
				return e, fmt.Errorf("the property %s is damaged", svn.Printable(p.Name))
			}
		}
		e.Props[p.Name] = value
	}
	for _, p := range l.Paths {
		c := svn.Change{
			Path: strings.TrimPrefix(p.Path, "/"), FromPath: strings.TrimPrefix(p.FromPath, "/"), FromRevision: -1,
			TextChanged: p.Text != "false", PropsChanged: p.Props != "false",
		}
		if p.FromRevision != nil {
			c.FromRevision = *p.FromRevision
		}
		switch p.Kind {
		case "file":
			c.Kind = svn.File
		case "dir":
			c.Kind = svn.Dir
		}
		if len(p.Action) != 1 || !strings.Contains("ADMR", p.Action) {
			return e, fmt.Errorf("%s: an action %s is not known", svn.Printable(c.Path), svn.Printable(p.Action))
		}
		c.Action = svn.Action(p.Action[0])
		if err := errors.Join(svn.CheckPath(c.Path), svn.CheckPath(c.FromPath)); err != nil {
			return e, fmt.Errorf("%s: %w", svn.Printable(c.Path), err)
		}
		e.Changes = append(e.Changes, c)
	}
	return e, nil
}
