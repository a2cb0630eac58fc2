package subversion

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// cherryTrailer names what was taken over from another line.
const cherryTrailer = "Subversion-merged"

// stamp is what the commits of one revision have in common.
type stamp struct {
	rev     int64
	person  []byte
	message []byte
}

// author returns who made the revision at hand, and when.
func (c *converter) author() (conversion.Person, int64, error) {
	if err := c.date(c.now); err != nil {
		return conversion.Person{}, 0, err
	}
	login := strings.TrimSpace(string(c.now.Props[svn.PropAuthor]))
	if login == "" && c.now.Number > 0 {
		c.lose("subversion.author", "", "the revision names no author")
	}
	return loginAt(login, c.uuid), c.history.Date, nil
}

// loginAt is the person of a login. Logins in other encodings are recoded, as
// messages are.
func loginAt(login, uuid string) conversion.Person {
	text, _ := conversion.Message([]byte(login))
	return conversion.LoginAt(strings.Join(strings.Fields(string(text)), " "), uuid)
}

// date notes the date of a revision. One without a date has that of the
// revision before.
func (c *converter) date(r *svn.Revision) error {
	raw := strings.TrimSpace(string(r.Props[svn.PropDate]))
	at, err := parseDate(raw)
	switch {
	case err == nil:
		if problem := conversion.DateProblem(at.Unix(), 0); problem != "" {
			c.lose("subversion.date", "", problem)
		}
		c.history.Date = at.Unix()
	case raw == "":
		c.lose("subversion.date", "", "the revision has no date; it gets that of the revision before")
	default:
		c.lose("subversion.date", "", fmt.Sprintf("the date %s cannot be read; the revision gets that of the revision before", svn.Printable(raw)))
	}
	return nil
}

// parseDate reads what Subversion writes, now and before version 0.14.
func parseDate(raw string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, raw); err == nil {
		return at, nil
	}
	// Sat 6 Jan 2001 01:02:03.000000 (day 006, dst 0, gmt_off -21600)
	plain, _, _ := strings.Cut(raw, " (")
	return time.Parse("Mon 2 Jan 2006 15:04:05", plain)
}

// message is the log message as git holds it.
func (c *converter) message() []byte {
	message, lossy := conversion.Message(c.now.Props[svn.PropLog])
	if lossy {
		c.lose("subversion.log", "", "the log message is not UTF-8, or holds characters that git cannot; it was read as Latin-1")
	}
	return message
}

// messageFor adds the lines that the settings ask for to the message.
func (c *converter) messageFor(s *stamp, l *line, picked merged) []byte {
	var lines []string
	if c.settings.CherryPicks == trailerWord {
		lines = pickedLines(picked)
	}
	if name := c.settings.RevisionTrailer; name != "" {
		lines = append(lines, fmt.Sprintf("%s: /%s@%d", name, svn.Printable(l.Path), s.rev))
	}
	if c.settings.GitSVNID == trailerWord {
		lines = append(lines, "git-svn-id: "+c.gitSVNID(l.Path, s.rev))
	}
	if len(lines) == 0 {
		return s.message
	}
	var b bytes.Buffer
	b.Write(s.message)
	if len(s.message) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(strings.Join(lines, "\n") + "\n")
	return b.Bytes()
}

// gitSVNID is what git svn writes: URL@REVISION UUID.
func (c *converter) gitSVNID(p string, rev int64) string {
	return fmt.Sprintf("%s@%d %s", strings.TrimSuffix(c.root+"/"+svn.Printable(p), "/"), rev, c.uuid)
}

// write adds a commit with the given tree to a line. Was and is are the
// properties in which merges are recorded.
func (c *converter) write(s *stamp, i int32, tree gitpack.ID, was, is map[string][]byte) error {
	h := c.history
	l := h.Lines[i]
	parents, picked := c.merges(i, was, is)
	if l.Tip != none {
		parents = append([]int32{l.Tip}, parents...)
	}
	of := conversion.Commit{Tree: tree, Author: s.person, Committer: s.person, Message: c.messageFor(s, l, picked)}
	for _, p := range parents {
		of.Parents = append(of.Parents, h.Commits[p].ID)
	}
	id, err := c.session.Writer().Put(gitpack.Commit, conversion.EncodeCommit(of))
	if err != nil {
		return err
	}
	idle := tree == gittree.Empty
	if l.Tip != none {
		idle = h.Commits[l.Tip].Tree == tree
	}
	at := h.add(commit{ID: id, Tree: tree, Rev: s.rev, Line: i, Parents: parents, Idle: idle})
	return c.record(i, at)
}

// record notes which commit stands for the revision at hand.
func (c *converter) record(i, commit int32) error {
	name := c.history.Lines[i].Path
	if name == "" {
		name = "/"
	}
	c.session.Record(conversion.Revision{Source: c.revisionName(), Branch: name, Commit: c.history.Commits[commit].ID})
	return nil
}

// merges returns the parents that a change of properties adds to a line, and
// what it takes over without being a merge.
func (c *converter) merges(i int32, was, is map[string][]byte) ([]int32, merged) {
	if sameRecords(was, is) {
		return nil, nil
	}
	before, _ := readMerged(was, c.uuid)
	after, problems := readMerged(is, c.uuid)
	l := c.history.Lines[i]
	for _, p := range problems {
		c.lose("subversion.mergeinfo", l.Path, fmt.Sprintf("what is recorded as merged cannot be read: %s", svn.Printable(p)))
	}
	return c.history.mergeParents(i, l.Tip, c.now.Number, before, after)
}

// mergeProperties returns the properties of a folder before and after, or two
// equal ones when it cannot matter.
func (c *converter) mergeProperties(before gitpack.ID, from string, after gitpack.ID, to string) (was, is map[string][]byte, err error) {
	a, _, err := c.trees.Lookup(before, join(stored(from), propertiesName))
	if err != nil {
		return nil, nil, err
	}
	b, exists, err := c.trees.Lookup(after, join(stored(to), propertiesName))
	if err != nil || !exists || a.ID == b.ID {
		return nil, nil, err
	}
	if was, err = c.tree.folderProperties(before, stored(from)); err != nil {
		return nil, nil, err
	}
	is, err = c.tree.folderProperties(after, stored(to))
	return was, is, err
}

// sameRecords compares the properties in which merges are recorded.
func sameRecords(a, b map[string][]byte) bool {
	for _, name := range []string{propMergeinfo, propSvnmerge, propSVK} {
		if !bytes.Equal(a[name], b[name]) {
			return false
		}
	}
	return true
}

func (c *converter) revisionName() string { return fmt.Sprintf("r%d", c.now.Number) }

// lose reports what git does not get of the revision at hand.
func (c *converter) lose(code, path, message string) {
	c.losses.Add(code, path, c.revisionName(), message)
}

// loseIn reports what git cannot hold of a node in the line at root.
func (c *converter) loseIn(root string, n *svn.Node) error {
	if n.Props != nil {
		isDir := n.Kind == svn.Dir
		if n.Kind == svn.Unknown {
			e, _, err := c.tree.edit.Lookup(stored(n.Path))
			if err != nil {
				return err
			}
			isDir = e.Mode.IsDirectory()
		}
		c.loseProperties(n, isDir)
	}
	if n.Action == svn.Delete || !within(n.Path, root) {
		return nil
	}
	for part := range strings.SplitSeq(rest(n.Path, root), "/") {
		if part == "" {
			continue
		}
		if problem := conversion.PathProblem(part); problem != "" {
			c.lose("subversion.path", n.Path, "it is left out: the name "+problem)
			break
		}
	}
	return nil
}
