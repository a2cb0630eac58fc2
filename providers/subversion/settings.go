package subversion

import (
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/schema"
)

// Values of attributes.
const (
	keepWord = "keep"
	dropWord = "drop"

	noneWord    = "none"
	trailerWord = "trailer"
	noteWord    = "note"

	annotated   = "annotated"
	lightweight = "lightweight"

	// defaultTrunk is the git branch of the trunk.
	defaultTrunk = "main"
)

// settings are those of a repository block.
type settings struct {
	URL     string       `json:"vcs_url"`
	Project string       `json:"project"`
	Layout  *layoutBlock `json:"layout"`

	DefaultBranch    string `json:"default_branch"`
	StartRevision    int64  `json:"start_revision"`
	EmptyDirectories bool   `json:"empty_directories"`
	EmptyRevisions   string `json:"empty_revisions"`
	Outside          string `json:"outside"`
	Ignore           bool   `json:"ignore"`
	Attributes       bool   `json:"attributes"`
	Tags             string `json:"tags"`
	GitSVNID         string `json:"git_svn_id"`
	RevisionTrailer  string `json:"revision_trailer"`
	CherryPicks      string `json:"cherry_picks"`
}

// layoutBlock is a layout as a plan writes it.
type layoutBlock struct {
	Trunk    *string  `json:"trunk"`
	Branches []string `json:"branches"`
	Tags     []string `json:"tags"`
}

// readSettings reads the settings of a repository block; what it leaves out has
// the value that the description says.
func readSettings(raw json.RawMessage) (*settings, error) {
	s := &settings{
		DefaultBranch: defaultTrunk, EmptyRevisions: keepWord, Outside: keepWord, Ignore: true,
		Tags: annotated, GitSVNID: noneWord, CherryPicks: noneWord,
	}
	if err := decode(raw, s); err != nil {
		return nil, err
	}
	if s.URL == "" {
		return nil, invalid("vcs_url", "vcs_url is empty", "write the URL of a Subversion repository, or the path of one or of a dump file")
	}
	project, err := folderPath(s.Project)
	if err != nil {
		return nil, invalid("project", fmt.Sprintf("project %q: %v", svn.Printable(s.Project), err), "write the path of a folder inside of the repository")
	}
	s.Project = project
	if s.StartRevision < 0 {
		return nil, invalid("start_revision", "start_revision is negative", "write the number of a revision")
	}
	if l := s.Layout; l != nil {
		if _, err := l.layout(); err != nil {
			return nil, invalid("layout", "layout: "+err.Error(), `write paths inside of the repository, such as trunk = "trunk" and branches = ["branches/*"]`)
		}
	}
	return s, nil
}

// layout returns the block's layout, without home.
func (b *layoutBlock) layout() (layout, error) {
	var l layout
	var err error
	if b.Trunk != nil {
		l.Trunk = []string{*b.Trunk}
	}
	l.Branches, l.Tags = b.Branches, b.Tags
	for _, list := range []*[]string{&l.Trunk, &l.Branches, &l.Tags} {
		clean := make([]string, len(*list))
		for i, p := range *list {
			if clean[i], err = folderPath(p); err != nil {
				return l, fmt.Errorf("%q: %w", svn.Printable(p), err)
			}
		}
		*list = clean
	}
	if len(l.Trunk)+len(l.Branches)+len(l.Tags) == 0 {
		return l, fmt.Errorf("it names no folder")
	}
	l.Home = l.commonFolder()
	return l, l.check()
}

// folderPath cleans a path as people write them: with slashes around, or "."
// for the root.
func folderPath(p string) (string, error) {
	for len(p) > 0 && p[0] == '/' {
		p = p[1:]
	}
	for len(p) > 0 && p[len(p)-1] == '/' {
		p = p[:len(p)-1]
	}
	if p == "." {
		p = ""
	}
	return p, svn.CheckPath(p)
}

// key is a digest of what makes the commits what they are. Settings that only
// choose refs or what is listed are not in it.
func (s *settings) key(repo *opened) string {
	of := *s
	of.URL, of.DefaultBranch, of.Tags = "", "", ""
	if of.GitSVNID != noneWord {
		of.URL = repo.Root() // is in the text
	}
	return schema.Digest([]any{"subversion", stateFormat, repo.identity(s.folder(repo)), repo.scope, of})
}

// invalid is the error of a setting that cannot be used.
func invalid(attribute, message, hint string) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read " + attribute, Attribute: attribute, Message: message, Hint: hint}
}

// decode reads settings that were checked against the description before.
func decode(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	return nil
}
