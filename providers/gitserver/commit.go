package gitserver

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Commit is a commit as forges show it.
type Commit struct {
	ID, Tree          string
	Parents           []string
	Author, Committer Signature
	Message           string
}

// Signature says who made a commit or a tag.
type Signature struct {
	Name, Email string
	At          time.Time
	Zone        string // such as +0200; it is not written
}

// commitFormat is the fields of a Commit, and ends with a byte that no message has.
const commitFormat = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B%x00%x01"

// Commits reads commits in the order in which git log, with these arguments, tells
// them.
func (r Repo) Commits(args ...string) ([]Commit, error) {
	out, err := r.Run(append([]string{"log", "-z", "--date=raw", commitFormat}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []Commit
	for text := range strings.SplitSeq(out, "\x00\x01") {
		f := strings.Split(strings.TrimPrefix(text, "\x00"), "\x00")
		if len(f) < 10 {
			continue
		}
		all = append(all, Commit{ID: f[0], Tree: f[1], Parents: strings.Fields(f[2]), Author: signature(f[3:6]), Committer: signature(f[6:9]), Message: f[9]})
	}
	return all, nil
}

func signature(f []string) Signature {
	seconds, zone, _ := strings.Cut(f[2], " ")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return Signature{Name: f[0], Email: f[1], At: time.Unix(n, 0).UTC(), Zone: zone}
}

// Commit reads the commit that Resolve finds.
func (r Repo) Commit(name string) (Commit, error) {
	id := r.Resolve(name)
	if id == "" {
		return Commit{}, fmt.Errorf("there is no commit %q", name)
	}
	all, err := r.Commits("-1", id, "--")
	if err != nil {
		return Commit{}, err
	}
	return all[0], nil
}

// As is the environment that makes a commit or a tag that of somebody.
func As(author, committer Signature) []string {
	date := func(t time.Time) string { return fmt.Sprintf("@%d +0000", t.Unix()) }
	return []string{
		"GIT_AUTHOR_NAME=" + author.Name, "GIT_AUTHOR_EMAIL=" + author.Email, "GIT_AUTHOR_DATE=" + date(author.At),
		"GIT_COMMITTER_NAME=" + committer.Name, "GIT_COMMITTER_EMAIL=" + committer.Email, "GIT_COMMITTER_DATE=" + date(committer.At),
	}
}

// CommitTree makes a commit of a tree, with the message as it is.
func (r Repo) CommitTree(tree, message string, parents []string, author, committer Signature) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	out, err := r.RunWith(As(author, committer), []byte(message), args...)
	return strings.TrimSpace(out), err
}

// Change is a commit to be made.
type Change struct {
	Ref               string // is moved to it
	Parent            string // empty: none
	Files             []File
	Whole             bool // files of the parent that are not given go
	Author, Committer Signature
	Message           string // as it is
}

// File is the change of one file.
type File struct {
	Path   string
	Data   []byte
	From   string // is moved from there; empty: is not moved
	Keep   bool   // is moved as it is, without Data
	Remove bool
}

// Make makes a commit and returns its id.
func (r Repo) Make(c Change) (string, error) {
	var s strings.Builder
	fmt.Fprintf(&s, "commit %s\nmark :1\nauthor %s\ncommitter %s\ndata %d\n%s\n", c.Ref, c.Author.line(), c.Committer.line(), len(c.Message), c.Message)
	if c.Parent != "" {
		fmt.Fprintf(&s, "from %s\n", c.Parent)
	}
	if c.Whole {
		s.WriteString("deleteall\n")
	}
	for _, f := range c.Files {
		switch {
		case f.Remove:
			fmt.Fprintf(&s, "D %s\n", quoted(f.Path))
			continue
		case f.From != "" && f.Keep:
			fmt.Fprintf(&s, "R %s %s\n", quoted(f.From), quoted(f.Path))
		case f.From != "":
			fmt.Fprintf(&s, "D %s\n", quoted(f.From))
		}
		if !f.Keep {
			fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", quoted(f.Path), len(f.Data), f.Data)
		}
	}
	s.WriteString("get-mark :1\n")
	out, err := r.RunWith(nil, []byte(s.String()), "fast-import", "--quiet", "--force")
	return strings.TrimSpace(out), err
}

// line is a signature in a stream for git fast-import, which takes no brackets.
func (s Signature) line() string {
	plain := strings.NewReplacer("<", "", ">", "", "\n", "")
	return fmt.Sprintf("%s <%s> %d +0000", plain.Replace(s.Name), plain.Replace(s.Email), s.At.Unix())
}

// quoted is a path in such a stream.
func quoted(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}

// FastImport feeds a stream to git fast-import. With fixed dates, commits have the
// same ids each time.
func (r Repo) FastImport(stream string) error {
	_, err := r.RunWith(nil, []byte(stream), "fast-import", "--quiet", "--force")
	return err
}
