package gitlabtest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What Bitbucket Cloud tells, as far as an importer wants to know.
type (
	bcPage[T any] struct {
		Values []T    `json:"values"`
		Next   string `json:"next"`
	}
	bcUser struct {
		ID   string `json:"account_id"`
		Nick string `json:"nickname"`
		Name string `json:"display_name"`
	}
	bcText struct {
		Raw string `json:"raw"`
	}
	bcRepository struct {
		Name        string `json:"name"`
		FullName    string `json:"full_name"`
		Description string `json:"description"`
		Private     bool   `json:"is_private"`
		HasIssues   bool   `json:"has_issues"`
		HasWiki     bool   `json:"has_wiki"`
		Links       struct {
			HTML struct {
				Href string `json:"href"`
			} `json:"html"`
		} `json:"links"`
	}
	bcEnd struct {
		Branch struct {
			Name string `json:"name"`
		} `json:"branch"`
		Commit struct {
			Hash string `json:"hash"`
		} `json:"commit"`
	}
	bcPull struct {
		ID          int64     `json:"id"`
		Title       string    `json:"title"`
		Description string    `json:"description"`
		State       string    `json:"state"` // OPEN, MERGED, DECLINED, SUPERSEDED
		Author      *bcUser   `json:"author"`
		Source      bcEnd     `json:"source"`
		Destination bcEnd     `json:"destination"`
		CreatedOn   time.Time `json:"created_on"`
		UpdatedOn   time.Time `json:"updated_on"`
		MergeCommit *struct {
			Hash string `json:"hash"`
		} `json:"merge_commit"`
	}
	bcIssue struct {
		ID        int64     `json:"id"`
		Title     string    `json:"title"`
		Content   bcText    `json:"content"`
		State     string    `json:"state"`
		Kind      string    `json:"kind"`
		Reporter  *bcUser   `json:"reporter"`
		CreatedOn time.Time `json:"created_on"`
		UpdatedOn time.Time `json:"updated_on"`
	}
	bcComment struct {
		ID        int64     `json:"id"`
		Content   bcText    `json:"content"`
		User      *bcUser   `json:"user"`
		Deleted   bool      `json:"deleted"`
		CreatedOn time.Time `json:"created_on"`
		UpdatedOn time.Time `json:"updated_on"`
		Parent    *struct {
			ID int64 `json:"id"`
		} `json:"parent"`
		Inline *struct {
			Path string `json:"path"`
			From int64  `json:"from"`
			To   int64  `json:"to"`
		} `json:"inline"`
	}
)

// importBitbucketCloud begins the import of a repository, after the checks of
// app/services/import/bitbucket_service.rb in their order. Which credentials it takes
// depends on the version: app passwords, from 18.9 on API tokens too, and from 19.0
// on nothing else.
func (c *call) importBitbucketCloud() (reply, error) {
	token, password := c.any("bitbucket_email", "bitbucket_api_token"), c.any("bitbucket_username", "bitbucket_app_password")
	problem := c.needs("repo_path", "target_namespace")
	switch {
	case !c.s.atVersion(17, 0):
		return reply{}, &failure{status: http.StatusNotFound, body: object{"error": "404 Not Found"}}
	case !c.s.atVersion(18, 9):
		problem = cmp.Or(c.needs("bitbucket_username", "bitbucket_app_password"), problem)
	case c.s.atVersion(19, 0):
		problem = cmp.Or(c.needs("bitbucket_email", "bitbucket_api_token"), problem)
	case token && password:
		problem = malformed("bitbucket_app_password, bitbucket_api_token are mutually exclusive")
	case token:
		problem = cmp.Or(c.needs("bitbucket_email", "bitbucket_api_token"), problem)
	default:
		problem = cmp.Or(c.needs("bitbucket_username", "bitbucket_app_password"), problem)
	}
	if problem != nil {
		return reply{}, problem
	}
	refused := func(status int, why string) (reply, error) { return reply{}, refuse(status, object{"error": why}) }
	namespace, may := c.namespaceOrOwn(c.text("target_namespace"))
	if !may {
		return refused(http.StatusUnauthorized, "You don't have permissions to import this project")
	}
	b := &bitbucketCloudImport{origin: origin{base: cmp.Or(c.s.importing.bitbucket, "https://api.bitbucket.org/2.0")}, notes: map[int64]*Discussion{}}
	if token {
		b.origin.header = basic(c.text("bitbucket_email"), c.text("bitbucket_api_token"))
		b.origin.username, b.origin.password = "x-bitbucket-api-token-auth", c.text("bitbucket_api_token")
	} else {
		b.origin.header = basic(c.text("bitbucket_username"), c.text("bitbucket_app_password"))
		b.origin.username, b.origin.password = c.text("bitbucket_username"), c.text("bitbucket_app_password")
	}
	var me bcUser
	if _, err := b.origin.get(c.r.Context(), "/user", &me); err != nil {
		return refused(http.StatusUnauthorized, "Unable to authorize with Bitbucket. Check your credentials")
	}
	b.path = "/repositories/" + c.text("repo_path")
	if _, err := b.origin.get(c.r.Context(), b.path, &b.repository); err != nil {
		return refused(http.StatusUnprocessableEntity, "Project "+c.text("repo_path")+" could not be found")
	}
	name := cmp.Or(c.text("new_name"), b.repository.Name)
	in := into{namespace: namespace, name: name, path: name, about: b.repository.Description, public: !b.repository.Private, importer: "bitbucket", source: b.repository.FullName}
	p, err := c.importedProject(in)
	if err != nil {
		return reply{}, err
	}
	c.begin(in, p, []stage{{"repository", b.git}, {"pull_requests", b.pulls}, {"issues", b.issues}, {"finish", nothing}})
	return created(c.importView(p, in.source))
}

type bitbucketCloudImport struct {
	origin     origin
	repository bcRepository
	path       string
	notes      map[int64]*Discussion // by the comments that began them
}

// eachNext reads a list of Bitbucket Cloud to its end.
func eachNext[T any](j *projectImport, o origin, path string, do func(T) error) error {
	for path != "" {
		var p bcPage[T]
		if _, err := o.get(j.ctx, path, &p); err != nil {
			return err
		}
		for _, one := range p.Values {
			if err := do(one); err != nil {
				return err
			}
		}
		path = p.Next
	}
	return nil
}

func (b *bitbucketCloudImport) user(j *projectImport, u *bcUser) *User {
	if u == nil {
		return j.s.placeholder(j.project.Namespace, "bitbucket", "", "")
	}
	return j.s.placeholder(j.project.Namespace, "bitbucket", u.ID, cmp.Or(u.Name, u.Nick))
}

func (b *bitbucketCloudImport) git(j *projectImport) error {
	m := j.s.Model
	if _, err := b.origin.mirror(j.ctx, b.repository.Links.HTML.Href+".git", m.codeDir(j.project), true, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); err != nil {
		return &ImportTrouble{Class: "Projects::ImportService::Error", Message: err.Error(), Ends: true}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.look(j.project, j.user)
}

func (b *bitbucketCloudImport) pulls(j *projectImport) error {
	var all []bcPull
	err := eachNext(j, b.origin, b.path+"/pullrequests?state=OPEN&state=MERGED&state=DECLINED&state=SUPERSEDED&sort=created_on&pagelen=50", func(p bcPull) error {
		all = append(all, p)
		return j.object("pull_requests", "pull_request", fmt.Sprintf("pull request %d", p.ID), func() error {
			r := &MergeRequest{Source: j.project, SourceBranch: p.Source.Branch.Name, TargetBranch: p.Destination.Branch.Name, Item: Item{
				IID: p.ID, Author: b.user(j, p.Author), Title: p.Title, Description: backticked(p.Description), State: "opened", Imported: "bitbucket",
				Created: p.CreatedOn, Updated: later(p.CreatedOn, p.UpdatedOn),
			}}
			switch p.State {
			case "MERGED":
				r.State, r.MergedAt = "merged", p.UpdatedOn
			case "DECLINED", "SUPERSEDED":
				r.State, r.ClosedAt = "closed", p.UpdatedOn
			}
			head := p.Source.Commit.Hash
			if p.MergeCommit != nil {
				r.MergeCommit = p.MergeCommit.Hash
				if resolve(j.s.Model.codeDir(j.project), head) == "" {
					head = p.MergeCommit.Hash
				}
			}
			if id := resolve(j.s.Model.codeDir(j.project), head); id != "" {
				head = id
			}
			return j.s.Model.importMerge(j.project, r, head, p.Destination.Commit.Hash)
		})
	})
	for n := 0; n < len(all) && err == nil; n++ {
		err = b.comments(j, fmt.Sprintf("%s/pullrequests/%d/comments", b.path, all[n].ID), func() *Item {
			if r := j.project.MergeRequest(all[n].ID); r != nil {
				return &r.Item
			}
			return nil
		})
	}
	return err
}

// comments brings those of one issue or pull request.
func (b *bitbucketCloudImport) comments(j *projectImport, path string, of func() *Item) error {
	return eachNext(j, b.origin, path+"?sort=created_on&pagelen=100", func(o bcComment) error {
		if o.Deleted || o.Content.Raw == "" {
			return nil
		}
		return j.object("notes", "note", fmt.Sprintf("comment %d", o.ID), func() error {
			item := of()
			if item == nil {
				return nil
			}
			n := &Note{Author: b.user(j, o.User), Body: backticked(o.Content.Raw), Created: o.CreatedOn, Updated: later(o.CreatedOn, o.UpdatedOn), Imported: "bitbucket"}
			if r := item.merge; r != nil && r.head() != nil && o.Inline != nil && (o.Inline.To > 0 || o.Inline.From > 0) {
				v := r.head()
				n.Type = "DiffNote"
				n.Position = &Position{Base: v.Base, Start: v.Start, Head: v.Head, OldPath: o.Inline.Path, NewPath: o.Inline.Path, Type: "text", NewLine: o.Inline.To}
				if o.Inline.To == 0 {
					n.Position.OldLine = o.Inline.From
				}
			}
			var in *Discussion
			if o.Parent != nil {
				in = b.notes[o.Parent.ID]
			}
			b.notes[o.ID] = j.s.Model.addNote(item, in, n).Discussion
			return nil
		})
	})
}

// issues brings the issues of a repository that has some, with their kinds as
// labels.
func (b *bitbucketCloudImport) issues(j *projectImport) error {
	if !b.repository.HasIssues {
		return nil
	}
	m := j.s.Model
	var all []int64
	err := eachNext(j, b.origin, b.path+"/issues?sort=created_on&pagelen=50", func(o bcIssue) error {
		all = append(all, o.ID)
		return j.object("issues", "issue", fmt.Sprintf("issue %d", o.ID), func() error {
			i := &Issue{Item: Item{IID: o.ID, Author: b.user(j, o.Reporter), Title: o.Title, Description: backticked(o.Content.Raw), State: "opened", Imported: "bitbucket",
				Created: o.CreatedOn, Updated: later(o.CreatedOn, o.UpdatedOn)}}
			if slices.Contains([]string{"resolved", "invalid", "duplicate", "wontfix", "closed"}, o.State) {
				i.State, i.ClosedAt = "closed", o.UpdatedOn
			}
			if o.Kind != "" {
				i.Labels = []*Label{m.kindLabel(j.project, o.Kind)}
			}
			m.addIssue(j.project, i)
			return nil
		})
	})
	for n := 0; n < len(all) && err == nil; n++ {
		err = b.comments(j, fmt.Sprintf("%s/issues/%d/comments", b.path, all[n]), func() *Item {
			if i := j.project.Issue(all[n]); i != nil {
				return &i.Item
			}
			return nil
		})
	}
	return err
}

// kindLabel is the label that stands for a kind of issues.
func (m *Model) kindLabel(p *Project, kind string) *Label {
	for _, l := range p.Labels {
		if strings.EqualFold(l.Name, kind) {
			return l
		}
	}
	l := &Label{ID: m.next("label"), Name: kind, Color: "#a4c2f4"}
	p.Labels = append(p.Labels, l)
	return l
}
