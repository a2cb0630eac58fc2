package giteatest

import (
	"fmt"
	"strings"
	"time"
)

// Pull is what makes an issue a pull request.
type Pull struct {
	ID         int64
	Issue      *Issue
	Base       string
	Head       string
	HeadRepo   *Repository // nil: gone
	MergeBase  string
	HeadSHA    string // what refs/pull/N/head is
	Merged     bool
	MergedAt   time.Time
	MergedBy   *User
	MergeSHA   string
	Conflicts  bool
	Maintainer bool // may edit
	Reviews    []*Review
	Teams      []*Team // asked to review
}

// Review is a review, or the request of one.
type Review struct {
	ID        int64
	User      *User
	Team      *Team
	State     string // APPROVED, PENDING, COMMENT, REQUEST_CHANGES, REQUEST_REVIEW
	Body      string
	Commit    string
	Stale     bool
	Official  bool
	Dismissed bool
	Created   time.Time
	Updated   time.Time
	Entry     *Entry // on the timeline; nil: none
}

// Release is a release, or a tag that Gitea keeps as if it were one.
type Release struct {
	ID         int64
	Tag        string
	Target     string
	Title      string
	Body       string
	Draft      bool
	Prerelease bool
	OnlyTag    bool
	Author     *User
	Created    time.Time
	SHA        string
	Assets     []*Attachment
}

// Protection is a rule for branches; Rule holds its fields by their names in the
// API.
type Protection struct {
	ID      int64
	Name    string
	Rule    map[string]any
	Created time.Time
	Updated time.Time
}

// TagProtection is a rule for tags.
type TagProtection struct {
	ID      int64
	Pattern string
	Users   []string
	Teams   []string
	Created time.Time
	Updated time.Time
}

// headRef is where the server keeps the head of a pull request.
func (p *Pull) headRef() string { return fmt.Sprintf("refs/pull/%d/head", p.Issue.Number) }

// draft says whether a pull request is work in progress.
func (p *Pull) draft() bool { return draftTitle(p.Issue.Title) }

func draftTitle(title string) bool {
	for _, prefix := range []string{"WIP:", "[WIP]"} {
		if len(title) >= len(prefix) && strings.EqualFold(title[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// comments returns the comments on code of a review.
func (r *Review) comments(i *Issue) []*Entry {
	var all []*Entry
	for _, e := range i.Timeline {
		if e.Kind == "code" && e.Review == r {
			all = append(all, e)
		}
	}
	return all
}

// review finds a review by its id.
func (p *Pull) review(id int64) *Review {
	for _, r := range p.Reviews {
		if r.ID == id {
			return r
		}
	}
	return nil
}
