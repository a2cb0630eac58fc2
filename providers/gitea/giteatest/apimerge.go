package giteatest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/drover-migrate/drover/providers/gitserver"
)

// mergeOptions are what is said of a merge. Gitea takes old names too, which
// differ in more than capitals.
type mergeOptions struct {
	Do           string `json:"do"`
	Title        string `json:"merge_title_field"`
	Message      string `json:"merge_message_field"`
	Commit       string `json:"merge_commit_id"`
	Head         string `json:"head_commit_id"`
	DeleteBranch *bool  `json:"delete_branch_after_merge"`

	OldTitle   string `json:"MergeTitleField"`
	OldMessage string `json:"MergeMessageField"`
	OldCommit  string `json:"MergeCommitID"`
}

// styleSetting is the switch that allows a way of merging.
func styleSetting(do string) (setting string, known bool) {
	setting, known = map[string]string{
		"merge": "allow_merge_commits", "rebase": "allow_rebase", "rebase-merge": "allow_rebase_explicit", "squash": "allow_squash_merge",
		"fast-forward-only": "allow_fast_forward_only_merge", "manually-merged": "allow_manual_merge",
	}[do]
	return setting, known
}

func (c *call) mergePull() (reply, error) {
	p, err := c.pull()
	if err != nil {
		return reply{}, err
	}
	var o mergeOptions
	if err := c.read(&o); err != nil {
		return reply{}, err
	}
	if err := required("Do", o.Do); err != nil {
		return reply{}, err
	}
	setting, known := styleSetting(o.Do)
	if !known {
		return reply{}, refuse(http.StatusUnprocessableEntity, "[Do]: In")
	}
	if err := c.mergeable(p, o.Do); err != nil {
		return reply{}, err
	}
	if !c.repo.has(setting) {
		return reply{}, refuse(http.StatusMethodNotAllowed, "%s is not allowed an allowed merge style for this repository", o.Do)
	}
	if o.Do == "manually-merged" {
		return c.mergedByHand(p, o.Commit+o.OldCommit)
	}
	if o.Head != "" && o.Head != p.HeadSHA {
		return reply{}, refuse(http.StatusConflict, "head out of date")
	}
	sha, err := c.merge(p, o)
	if err != nil {
		return reply{}, err
	}
	c.setMerged(p, c.doer, sha, c.clock())
	if err := c.moveRef("refs/heads/"+p.Base, sha); err != nil {
		return reply{}, err
	}
	if o.DeleteBranch != nil && *o.DeleteBranch && p.HeadRepo == c.repo {
		if err := c.moveRef("refs/heads/"+p.Head, ""); err != nil {
			return reply{}, err
		}
		c.add(p.Issue, &Entry{Kind: "delete_branch", User: c.doer, OldRef: p.Head})
	}
	return reply{http.StatusOK, nil}, nil
}

// mergeable refuses what cannot be merged now.
func (c *call) mergeable(p *Pull, do string) error {
	switch {
	case p.Merged:
		return refuse(http.StatusMethodNotAllowed, "The PR is already merged")
	case p.Issue.Closed:
		return missing("")
	case c.access(c.doer, c.repo, "repo.code") < Write:
		return refuse(http.StatusMethodNotAllowed, "User not allowed to merge PR")
	case do == "manually-merged":
		return nil
	case p.draft():
		return refuse(http.StatusMethodNotAllowed, "Work in progress PRs cannot be merged")
	case p.Conflicts:
		return refuse(http.StatusMethodNotAllowed, "Please try again later")
	}
	return nil
}

// mergedByHand notes that a commit of the base branch is the merge.
func (c *call) mergedByHand(p *Pull, id string) (reply, error) {
	wrong := &failure{status: http.StatusConflict, message: "Wrong commit ID", body: object{}}
	base := c.repo.refs["refs/heads/"+p.Base]
	if !commitID(id) || base == "" {
		return reply{}, wrong
	}
	one, err := c.codeGit(c.repo).Commit(id)
	if err != nil {
		return reply{}, wrong
	}
	if !c.codeGit(c.repo).Contains(base, one.ID) {
		return reply{}, wrong
	}
	c.setMerged(p, c.doer, one.ID, one.Author.At)
	return reply{http.StatusOK, nil}, nil
}

// merge makes the commit that the base branch is to have.
func (c *call) merge(p *Pull, o mergeOptions) (string, error) {
	git, base := c.codeGit(c.repo), c.repo.refs["refs/heads/"+p.Base]
	who := c.signature(c.doer)
	message := o.Title + o.OldTitle
	if message == "" {
		message = fmt.Sprintf("Merge pull request '%s' (#%d) from %s into %s", p.Issue.Title, p.Issue.Number, p.Head, p.Base)
		if o.Do == "squash" {
			message = fmt.Sprintf("%s (#%d)", p.Issue.Title, p.Issue.Number)
		}
	}
	if body := strings.TrimSpace(o.Message + o.OldMessage); body != "" {
		message += "\n\n" + body
	}
	message += "\n"
	linear := git.MergeBase(base, p.HeadSHA) == base
	switch o.Do {
	case "fast-forward-only", "rebase":
		if linear {
			return p.HeadSHA, nil
		}
		if o.Do == "fast-forward-only" {
			return "", &failure{status: http.StatusConflict, message: "diverging", body: object{}}
		}
	}
	tree, err := git.Run("merge-tree", "--write-tree", base, p.HeadSHA)
	if err != nil {
		return "", &failure{status: http.StatusConflict, message: "conflicts", body: object{}}
	}
	tree = strings.Fields(tree)[0]
	switch o.Do {
	case "squash":
		author := gitserver.Signature{Name: p.Issue.Author.Login, Email: p.Issue.Author.Email, At: who.At}
		return git.CommitTree(tree, message, []string{base}, author, who)
	case "rebase":
		return c.replay(p, base, who)
	}
	return git.CommitTree(tree, message, []string{base, p.HeadSHA}, who, who)
}

// replay makes the commits of a pull request again on top of its base branch.
func (c *call) replay(p *Pull, onto string, by gitserver.Signature) (string, error) {
	git := c.codeGit(c.repo)
	all, err := git.Commits("--reverse", "--no-merges", p.HeadSHA, "^"+onto, "--")
	if err != nil {
		return "", err
	}
	for _, one := range all {
		tree, err := git.Run("merge-tree", "--write-tree", "--merge-base="+one.Parents[0], onto, one.ID)
		if err != nil {
			return "", &failure{status: http.StatusConflict, message: "conflicts", body: object{}}
		}
		if onto, err = git.CommitTree(strings.Fields(tree)[0], one.Message, []string{onto}, one.Author, by); err != nil {
			return "", err
		}
	}
	return onto, nil
}
