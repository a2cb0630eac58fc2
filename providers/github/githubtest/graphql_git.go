package githubtest

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/drover-migrate/drover/providers/github/githubtest/graphql"
)

// gitRef is a ref of a repository and the object it leads to.
type gitRef struct {
	name   string
	target string
	tag    bool // an annotated tag
}

// listRefs reads the refs of a repository. What cannot be read is as if it
// were not there: a broken repository has no branches on GitHub either.
func (g *graph) listRefs(r *Repository) []gitRef {
	if refs, ok := g.refs[r]; ok || r.Dir == "" {
		return refs
	}
	var refs []gitRef
	out, err := git(r.Dir, "for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", "refs/heads", "refs/tags")
	if err == nil {
		for text := range strings.Lines(out) {
			if f := strings.Fields(text); len(f) == 3 {
				refs = append(refs, gitRef{f[0], f[1], f[2] == "tag"})
			}
		}
	}
	g.refs[r] = refs
	return refs
}

// git answers what a repository has of git.
func (r repository) git(name string, c *graphql.Call) any {
	switch name {
	case "defaultBranchRef":
		return r.ref(r.r, "refs/heads/"+r.r.DefaultBranch)
	case "isEmpty":
		return len(r.listRefs(r.r)) == 0
	case "refs":
		prefix, part := c.String("refPrefix"), c.String("query")
		of := filtered(r.listRefs(r.r), func(o gitRef) bool {
			return strings.HasPrefix(o.name, prefix) && strings.Contains(o.name[len(prefix):], part)
		})
		l := graphql.Of(of, func(o gitRef) graphql.Object { return ref{r.graph, r.r, o, prefix} })
		l.Backwards = backwards(c) || c.String("direction") == "DESC"
		return c.Page(l)
	case "ref":
		return r.ref(r.r, c.String("qualifiedName"))
	case "object":
		return r.commitOf(r.r, cmp.Or(c.String("oid"), c.String("expression")))
	}
	return graphql.NotServed{}
}

type ref struct {
	*graph
	r      *Repository
	ref    gitRef
	prefix string
}

// ref finds a ref by its full name, null when there is none.
func (g *graph) ref(r *Repository, name string) any {
	for _, o := range g.listRefs(r) {
		if o.name == name {
			return ref{g, r, o, name[:strings.Index(name[len("refs/"):], "/")+len("refs/")+1]}
		}
	}
	return nil
}

func (ref) TypeName() string { return "Ref" }

func (o ref) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "REF_" + o.r.NodeID() + ":" + o.ref.name
	case "name":
		return strings.TrimPrefix(o.ref.name, o.prefix)
	case "prefix":
		return o.prefix
	case "repository":
		return o.repository(o.r)
	case "target":
		if o.ref.tag {
			return tag(o)
		}
		return o.commit(o.r, o.ref.target)
	}
	return graphql.NotServed{}
}

// tag is the object of an annotated tag.
type tag ref

func (tag) TypeName() string { return "Tag" }

func (t tag) Field(name string, _ *graphql.Call) any {
	switch name {
	case "id":
		return "TA_" + t.r.NodeID() + ":" + t.ref.target
	case "oid":
		return t.ref.target
	case "abbreviatedOid":
		return t.ref.target[:7]
	case "name":
		return strings.TrimPrefix(t.ref.name, "refs/tags/")
	case "target":
		return t.commitOf(t.r, t.ref.name)
	case "repository":
		return t.repository(t.r)
	}
	return graphql.NotServed{}
}

// commit is a commit by its id. What it says is read when it is asked for.
type commit struct {
	*graph
	r     *Repository
	oid   string
	known *Commit // nil: not read yet
}

// commit is null without an id.
func (g *graph) commit(r *Repository, oid string) any {
	if oid == "" {
		return nil
	}
	return commit{g, r, oid, nil}
}

// commitOf is the commit that a name leads to, null when there is none.
func (g *graph) commitOf(r *Repository, name string) any {
	if r.Dir == "" {
		return nil
	}
	oid, err := resolve(r.Dir, name)
	if err != nil {
		return nil
	}
	return commit{g, r, oid, nil}
}

func (commit) TypeName() string { return "Commit" }

func (o commit) Field(name string, c *graphql.Call) any {
	switch name {
	case "id":
		return "C_" + o.r.NodeID() + o.oid
	case "oid":
		return o.oid
	case "abbreviatedOid":
		return o.oid[:7]
	case "repository":
		return o.repository(o.r)
	case "url", "commitUrl":
		return o.m.Base() + "/" + o.r.FullName() + "/commit/" + o.oid
	case "resourcePath", "commitResourcePath":
		return "/" + o.r.FullName() + "/commit/" + o.oid
	case "comments":
		of := filtered(o.r.CommitComments, func(n *CommitComment) bool { return n.Commit == o.oid })
		return page(c, of, func(n *CommitComment) int64 { return n.ID },
			func(n *CommitComment) graphql.Object { return commitComment{o.graph, n} })
	case "signature", "status", "statusCheckRollup", "onBehalfOf":
		return nil
	}
	return o.said(name, c)
}

// said answers from the commit itself.
func (o commit) said(name string, c *graphql.Call) any {
	k := o.read()
	subject, body, _ := strings.Cut(k.Message, "\n")
	switch name {
	case "message":
		return k.Message
	case "messageHeadline":
		return subject
	case "messageBody":
		return strings.TrimLeft(body, "\n")
	case "authoredDate":
		return k.AuthoredAt
	case "committedDate":
		return k.CommittedAt
	case "committedViaWeb":
		return false
	case "authoredByCommitter":
		return true
	case "author", "committer":
		return gitActor{o.graph, k}
	case "parents":
		return fixed(c, k.Parents, func(oid string) graphql.Object { return commit{o.graph, o.r, oid, nil} })
	}
	return graphql.NotServed{}
}

// read asks git. A commit that is gone, as one of a deleted fork is, says
// nothing and is as old as the repository.
func (o commit) read() *Commit {
	if o.known != nil {
		return o.known
	}
	said := &Commit{OID: o.oid, AuthoredAt: o.r.CreatedAt, CommittedAt: o.r.CreatedAt}
	if o.r.Dir == "" {
		return said
	}
	text, err := git(o.r.Dir, "cat-file", "commit", o.oid)
	if err != nil {
		return said
	}
	head, message, _ := strings.Cut(text, "\n\n")
	said.Message = strings.TrimRight(message, "\n")
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "parent":
			said.Parents = append(said.Parents, value)
		case "author":
			said.AuthorName, said.AuthorEmail, said.AuthoredAt = parsePerson(value)
		case "committer":
			_, _, said.CommittedAt = parsePerson(value)
		}
	}
	return said
}

// parsePerson reads NAME <EMAIL> SECONDS ZONE.
func parsePerson(text string) (name, email string, at time.Time) {
	name, rest, _ := strings.Cut(text, " <")
	email, rest, _ = strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(rest, " ")
	return name, email, unixTime(seconds)
}

type gitActor struct {
	*graph
	c *Commit
}

func (gitActor) TypeName() string { return "GitActor" }

func (a gitActor) Field(name string, _ *graphql.Call) any {
	switch name {
	case "name":
		return optional(a.c.AuthorName)
	case "email":
		return optional(a.c.AuthorEmail)
	case "date":
		return a.c.AuthoredAt
	case "avatarUrl":
		return a.m.Base() + "/avatars/" + strconv.Itoa(len(a.c.AuthorEmail))
	case "user":
		for _, u := range a.m.Users {
			if u.Email != "" && u.Email == a.c.AuthorEmail {
				return a.user(u)
			}
		}
		return nil
	}
	return graphql.NotServed{}
}

type commitComment struct {
	*graph
	c *CommitComment
}

func (commitComment) TypeName() string { return "CommitComment" }

func (n commitComment) Field(name string, c *graphql.Call) any {
	switch name {
	case "databaseId":
		return small(n.c.ID)
	case "commit":
		return n.commit(n.c.Repo, n.c.Commit)
	case "path":
		return optional(n.c.Path)
	case "position":
		return lineNumber(n.c.Position)
	case "repository":
		return n.repository(n.c.Repo)
	case "url", "resourcePath":
		return n.address(name, "/"+n.c.Repo.FullName()+"/commit/"+n.c.Commit+"#commitcomment-"+strconv.FormatInt(n.c.ID, 10))
	case "isMinimized", "minimizedReason":
		return minimizable("", name)
	}
	return n.text(n.c, name, c)
}
