package gitlabtest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What Bitbucket Server tells, as far as an importer wants to know.
type (
	bsPage[T any] struct {
		Values []T   `json:"values"`
		Last   bool  `json:"isLastPage"`
		Next   int64 `json:"nextPageStart"`
	}
	bsUser struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		Full string `json:"displayName"`
	}
	bsRepository struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Public      bool   `json:"public"`
	}
	bsRef struct {
		ID     string `json:"displayId"`
		Commit string `json:"latestCommit"`
	}
	bsPull struct {
		ID          int64  `json:"id"`
		Title       string `json:"title"`
		Description string `json:"description"`
		State       string `json:"state"` // OPEN, MERGED, DECLINED
		Author      struct {
			User bsUser `json:"user"`
		} `json:"author"`
		Reviewers []struct {
			User bsUser `json:"user"`
		} `json:"reviewers"`
		From    bsRef `json:"fromRef"`
		To      bsRef `json:"toRef"`
		Created int64 `json:"createdDate"`
		Updated int64 `json:"updatedDate"`
		Closed  int64 `json:"closedDate"`
	}
	bsComment struct {
		ID      int64       `json:"id"`
		Text    string      `json:"text"`
		Author  bsUser      `json:"author"`
		Created int64       `json:"createdDate"`
		Updated int64       `json:"updatedDate"`
		Replies []bsComment `json:"comments"`
	}
	bsActivity struct {
		ID      int64      `json:"id"`
		Action  string     `json:"action"` // COMMENTED, APPROVED, MERGED, ...
		User    bsUser     `json:"user"`
		Created int64      `json:"createdDate"`
		Comment *bsComment `json:"comment"`
		Within  string     `json:"commentAction"` // ADDED
		Anchor  *struct {
			Path     string `json:"path"`
			SrcPath  string `json:"srcPath"`
			Line     int64  `json:"line"`
			LineType string `json:"lineType"` // ADDED, REMOVED, CONTEXT
			Orphaned bool   `json:"orphaned"`
		} `json:"commentAnchor"`
		Commit *struct {
			ID string `json:"id"`
		} `json:"commit"`
	}
)

func millis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func basic(username, password string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))}}
}

// importBitbucketServer begins the import of a repository, after the checks of
// app/services/import/bitbucket_server_service.rb in their order.
func (c *call) importBitbucketServer() (reply, error) {
	err := cmp.Or(c.needs("bitbucket_server_url", "bitbucket_server_username", "personal_access_token", "bitbucket_server_project", "bitbucket_server_repo"), c.timeoutStrategy())
	if err != nil {
		return reply{}, err
	}
	refused := func(status int, why string) (reply, error) { return reply{}, refuse(status, object{"error": why}) }
	address := strings.TrimRight(c.text("bitbucket_server_url"), "/")
	if c.blocked(address) {
		return refused(http.StatusBadRequest, "Invalid URL: "+address)
	}
	namespace, may := c.namespaceOrOwn(cmp.Or(c.text("target_namespace"), c.text("new_namespace")))
	if !may {
		return refused(http.StatusUnauthorized, "You don't have permissions to import this project")
	}
	user, token := c.text("bitbucket_server_username"), c.text("personal_access_token")
	key, slug := c.text("bitbucket_server_project"), c.text("bitbucket_server_repo")
	b := &bitbucketServerImport{origin: origin{base: address + "/rest/api/latest", header: basic(user, token), username: user, password: token}}
	b.clone = address + "/scm/" + url.PathEscape(strings.ToLower(key)) + "/" + url.PathEscape(slug) + ".git"
	b.path = "/projects/" + url.PathEscape(key) + "/repos/" + url.PathEscape(slug)
	_, err = b.origin.get(c.r.Context(), b.path, &b.repository)
	switch {
	case statusOf(err) == http.StatusNotFound:
		return refused(http.StatusUnprocessableEntity, "Project "+key+"/"+slug+" could not be found")
	case err != nil:
		return refused(http.StatusBadRequest, "Import failed due to a BitBucket Server error: "+err.Error())
	}
	name := cmp.Or(c.text("new_name"), b.repository.Name)
	in := into{namespace: namespace, name: name, path: name, about: b.repository.Description, public: b.repository.Public, importer: "bitbucket_server", source: key + "/" + slug}
	if c.s.atVersion(15, 0) && !c.s.atVersion(16, 10) {
		in.path = slug
	}
	p, err := c.importedProject(in)
	if err != nil {
		return reply{}, err
	}
	c.begin(in, p, []stage{{"repository", b.git}, {"pull_requests", b.pulls}, {"notes", b.notes}, {"lfs_objects", nothing}, {"finish", nothing}})
	return created(c.importView(p, in.source))
}

func nothing(*projectImport) error { return nil }

// namespaceOrOwn is the namespace of a path. The importers of Bitbucket take the
// user's own when there is none of that path.
func (c *call) namespaceOrOwn(path string) (*Namespace, bool) {
	if path == "" || c.Model.namespace(strings.Trim(path, "/")) == nil {
		return c.doer.Namespace, true
	}
	return c.importNamespace(path)
}

type bitbucketServerImport struct {
	origin     origin
	repository bsRepository
	path       string // of the repository in the API
	clone      string // its address for git
	all        []bsPull
}

// eachStart reads a list of Bitbucket Server to its end.
func eachStart[T any](j *projectImport, o origin, path string, do func(T) error) error {
	for start := int64(0); ; {
		var p bsPage[T]
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		if _, err := o.get(j.ctx, fmt.Sprintf("%s%slimit=50&start=%d", path, separator, start), &p); err != nil {
			return err
		}
		for _, one := range p.Values {
			if err := do(one); err != nil {
				return err
			}
		}
		if p.Last || p.Next <= start {
			return nil
		}
		start = p.Next
	}
}

func (b *bitbucketServerImport) git(j *projectImport) error {
	m := j.s.Model
	_, err := b.origin.mirror(j.ctx, b.clone, m.codeDir(j.project), true,
		"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/pull-requests/*/from:refs/merge-requests/*/head")
	if err != nil {
		return &ImportTrouble{Class: "Projects::ImportService::Error", Message: err.Error(), Ends: true}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.look(j.project, j.user)
}

func (b *bitbucketServerImport) user(j *projectImport, u bsUser) *User {
	return j.s.placeholder(j.project.Namespace, "bitbucket_server", u.Name, cmp.Or(u.Full, u.Name))
}

func (b *bitbucketServerImport) pulls(j *projectImport) error {
	return eachStart(j, b.origin, b.path+"/pull-requests?state=ALL&order=OLDEST", func(p bsPull) error {
		b.all = append(b.all, p)
		return j.object("pull_requests", "pull_request", fmt.Sprintf("pull request %d", p.ID), func() error {
			r := &MergeRequest{Source: j.project, SourceBranch: p.From.ID, TargetBranch: p.To.ID, Item: Item{
				IID: p.ID, Author: b.user(j, p.Author.User), Title: p.Title, Description: backticked(p.Description), State: "opened", Imported: "bitbucket_server",
				Created: millis(p.Created), Updated: later(millis(p.Created), millis(p.Updated)),
			}}
			switch p.State {
			case "MERGED":
				r.State, r.MergedAt = "merged", millis(p.Closed)
			case "DECLINED":
				r.State, r.ClosedAt = "closed", millis(p.Closed)
			}
			for _, o := range p.Reviewers {
				r.Reviewers = append(r.Reviewers, &Reviewer{User: b.user(j, o.User), State: "unreviewed", Created: r.Created})
			}
			return j.s.Model.importMerge(j.project, r, p.From.Commit, p.To.Commit)
		})
	})
}

func (b *bitbucketServerImport) notes(j *projectImport) error {
	for _, p := range b.all {
		err := eachStart(j, b.origin, fmt.Sprintf("%s/pull-requests/%d/activities", b.path, p.ID), func(a bsActivity) error {
			return j.object("notes", "note", fmt.Sprintf("activity %d", a.ID), func() error { return b.activity(j, p, a) })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// activity writes down what happened to a pull request. Threads are flat, and a
// comment outside of the diff becomes a plain note that says where it stood.
func (b *bitbucketServerImport) activity(j *projectImport, p bsPull, a bsActivity) error {
	m, r := j.s.Model, j.project.MergeRequest(p.ID)
	if r == nil {
		return nil
	}
	switch {
	case a.Action == "MERGED":
		r.MergedBy = b.user(j, a.User)
		if a.Commit != nil {
			r.MergeCommit = a.Commit.ID
		}
	case a.Action == "APPROVED":
		r.Approvals = append(r.Approvals, &Approval{User: b.user(j, a.User), At: millis(a.Created)})
	case a.Comment != nil && (a.Within == "" || a.Within == "ADDED"):
		first := b.note(j, *a.Comment, "")
		if v := r.head(); a.Anchor != nil && v != nil && a.Anchor.Line > 0 && !a.Anchor.Orphaned {
			first.Type = "DiffNote"
			first.Position = &Position{Base: v.Base, Start: v.Start, Head: v.Head, NewPath: a.Anchor.Path, OldPath: cmp.Or(a.Anchor.SrcPath, a.Anchor.Path), Type: "text", NewLine: a.Anchor.Line}
			if a.Anchor.LineType == "REMOVED" {
				first.Position.NewLine, first.Position.OldLine = 0, a.Anchor.Line
			}
		} else if a.Anchor != nil {
			first.Body = fmt.Sprintf("*Comment on %s:%d*\n\n%s", a.Anchor.Path, a.Anchor.Line, first.Body)
		}
		m.addNote(&r.Item, nil, first)
		b.replies(j, first, *a.Comment)
	}
	return nil
}

// replies puts all that answer a comment into one thread, each with the beginning of
// what it answers when that is not the first.
func (b *bitbucketServerImport) replies(j *projectImport, first *Note, of bsComment) {
	for _, o := range of.Replies {
		quote := ""
		if len(first.Discussion.Notes) > 1 {
			quote = firstRunes(of.Text, 80)
		}
		j.s.Model.addNote(first.Discussion.Item, first.Discussion, b.note(j, o, quote))
		b.replies(j, first, o)
	}
}

func (b *bitbucketServerImport) note(j *projectImport, o bsComment, quote string) *Note {
	body := backticked(o.Text)
	if quote != "" {
		body = "> " + quote + "\n\n" + body
	}
	created := millis(o.Created)
	return &Note{Author: b.user(j, o.Author), Body: body, Created: created, Updated: later(created, millis(o.Updated)), Imported: "bitbucket_server"}
}

func firstRunes(text string, n int) string {
	all := []rune(text)
	return string(all[:min(n, len(all))])
}
