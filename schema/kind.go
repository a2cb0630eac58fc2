package schema

import "strings"

// Kind names one sort of object. Its text is what plan files, archives,
// messages and the wire use.
type Kind string

// The kinds, in the order in which a target can take them: whatever a kind
// refers to stands before it.
const (
	KindRepository Kind = "repository"
	KindLabel      Kind = "label"
	KindMilestone  Kind = "milestone"
	KindMember     Kind = "member"
	KindProtection Kind = "protection"
	KindIssue      Kind = "issue"
	KindChange     Kind = "change"
	KindReview     Kind = "review"
	KindDiscussion Kind = "discussion"
	KindSnippet    Kind = "snippet"
	KindRelease    Kind = "release"
	KindComment    Kind = "comment"
	KindEvent      Kind = "event"
	KindAttachment Kind = "attachment"
)

// Kinds of git data. They have no records; they stand beside the kinds above
// wherever things are counted, so that refs and large objects add up too.
const (
	KindRef       Kind = "ref"
	KindLFSObject Kind = "lfs_object"
)

// kinds is the table behind Kinds, Plural and NewBody.
var kinds = []struct {
	kind   Kind
	plural string
	body   func() any
}{
	{KindRepository, "repositories", func() any { return new(Repository) }},
	{KindLabel, "labels", func() any { return new(Label) }},
	{KindMilestone, "milestones", func() any { return new(Milestone) }},
	{KindMember, "members", func() any { return new(Member) }},
	{KindProtection, "protections", func() any { return new(Protection) }},
	{KindIssue, "issues", func() any { return new(Issue) }},
	{KindChange, "changes", func() any { return new(Change) }},
	{KindReview, "reviews", func() any { return new(Review) }},
	{KindDiscussion, "discussions", func() any { return new(Discussion) }},
	{KindSnippet, "snippets", func() any { return new(Snippet) }},
	{KindRelease, "releases", func() any { return new(Release) }},
	{KindComment, "comments", func() any { return new(Comment) }},
	{KindEvent, "events", func() any { return new(Event) }},
	{KindAttachment, "attachments", func() any { return new(Attachment) }},
}

// Kinds returns every kind that has records, in the order in which a target
// can take them.
func Kinds() []Kind {
	all := make([]Kind, len(kinds))
	for i, k := range kinds {
		all[i] = k.kind
	}
	return all
}

// Known reports whether k is a kind that has records.
func (k Kind) Known() bool {
	return NewBody(k) != nil
}

// Plural is the name of many of k, as counts and archive files spell it. A word of
// a forge's own may be that already.
func (k Kind) Plural() string {
	for _, row := range kinds {
		if row.kind == k {
			return row.plural
		}
	}
	if strings.HasSuffix(string(k), "s") {
		return string(k)
	}
	return string(k) + "s"
}

// NewBody returns a pointer to an empty body of kind k, ready for
// json.Unmarshal, or nil when k is not a kind that has records.
func NewBody(k Kind) any {
	for _, row := range kinds {
		if row.kind == k {
			return row.body()
		}
	}
	return nil
}
