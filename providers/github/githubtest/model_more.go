package githubtest

import "time"

// Category is a category of discussions.
type Category struct {
	ID         int64
	Name       string
	Slug       string
	Emoji      string // :name:
	Answerable bool
	CreatedAt  time.Time
}

// NodeID is the category's global id.
func (c *Category) NodeID() string { return nodeID(prefixCategory, c.ID) }

// Discussion is a thread of the repository's forum.
type Discussion struct {
	Content
	ID          int64
	Number      int64
	Repo        *Repository
	Title       string
	Category    *Category
	State       string // open, closed
	StateReason string // RESOLVED, OUTDATED, DUPLICATE; empty: none
	ClosedAt    time.Time
	Labels      []*Label
	Locked      bool
	LockReason  string
	Pinned      bool
	Upvotes     int64
	Answer      *DiscussionComment
	AnswerBy    *User
	AnswerAt    time.Time
	Comments    []*DiscussionComment // of the first level, oldest first
}

// NodeID is the discussion's global id.
func (d *Discussion) NodeID() string { return nodeID(prefixDiscussion, d.ID) }

// DiscussionComment is a comment of a discussion or, with ReplyTo, a reply.
type DiscussionComment struct {
	Content
	ID         int64
	Discussion *Discussion
	ReplyTo    *DiscussionComment
	Replies    []*DiscussionComment
	Minimized  string
	Upvotes    int64
}

// NodeID is the comment's global id.
func (c *DiscussionComment) NodeID() string { return nodeID(prefixReply, c.ID) }

// Release is a release. Its author wrote its text.
type Release struct {
	Content
	ID          int64
	Repo        *Repository
	Tag         string
	Target      string
	Name        string
	Draft       bool
	Prerelease  bool
	PublishedAt time.Time // zero: a draft
	Assets      []*Asset
}

// NodeID is the release's global id.
func (r *Release) NodeID() string { return nodeID(prefixRelease, r.ID) }

// Asset is a file of a release.
type Asset struct {
	ID          int64
	Release     *Release
	Name        string
	Label       string
	ContentType string
	Data        []byte
	Downloads   int64
	Uploader    *User
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// NodeID is the asset's global id.
func (a *Asset) NodeID() string { return nodeID(prefixAsset, a.ID) }

// Gist is a gist. Its files are those of its git repository.
type Gist struct {
	ID          string // 32 hexadecimal digits
	Owner       *User
	Description string
	Public      bool
	Files       []GistFile // by name
	Comments    []*GistComment
	Forks       []*Gist
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Dir         string // bare git repository; empty when the model has no git

	number int64
}

// NodeID is the gist's global id.
func (g *Gist) NodeID() string { return nodeID(prefixGist, g.number) }

// GistFile is one file of a gist.
type GistFile struct {
	Name    string
	Content string
}

// GistComment is a comment on a gist.
type GistComment struct {
	Content
	ID   int64
	Gist *Gist
}

// NodeID is the comment's global id.
func (c *GistComment) NodeID() string { return nodeID(prefixGistNote, c.ID) }

// Attachment is a file that was dropped into a text.
type Attachment struct {
	Path        string // below the forge's web address
	Name        string
	ContentType string
	Data        []byte
	Private     bool // needs a token, and is handed out through a redirect
}

// Gist returns the gist with an id, or nil.
func (m *Model) Gist(id string) *Gist {
	for _, g := range m.Gists {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// GistsOf returns the gists of an account, oldest first.
func (m *Model) GistsOf(owner *User) []*Gist {
	var of []*Gist
	for _, g := range m.Gists {
		if g.Owner == owner {
			of = append(of, g)
		}
	}
	return of
}

// AddAttachment adds a file and returns the address that texts link to.
func (m *Model) AddAttachment(a Attachment) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick()
	m.Attachments[a.Path] = &a
	return m.base + a.Path
}
