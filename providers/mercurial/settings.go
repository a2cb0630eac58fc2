package mercurial

import (
	"encoding/json"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// settings are those of a repository block.
type settings struct {
	URL             string `json:"vcs_url"`
	DefaultBranch   string `json:"default_branch"`
	ClosedBranches  string `json:"closed_branches"`
	Heads           string `json:"heads"`
	Bookmarks       string `json:"bookmarks"`
	Phases          string `json:"phases"`
	HgIgnore        bool   `json:"hgignore"`
	HgTags          string `json:"hgtags"`
	Subrepositories string `json:"subrepositories"`
	Extras          bool   `json:"extras"`
}

// readSettings reads a repository block. What is absent has its default: a
// caller that is no plan, such as a detection, sends the address alone.
func readSettings(repo providers.Repo) (settings, address, error) {
	s := settings{
		DefaultBranch: defaultBranchName, ClosedBranches: asArchive, Heads: asBranches, Bookmarks: asBranches,
		Phases: draftToo, HgIgnore: true, HgTags: kept, Subrepositories: listed,
	}
	if err := decode(repo.Settings, &s); err != nil {
		return s, address{}, err
	}
	a, err := parseAddress(s.URL)
	if err != nil {
		return s, address{}, err
	}
	if err := gitrepo.CheckRefName("refs/heads/" + s.DefaultBranch); err != nil {
		return s, a, &providers.Error{Code: providers.CodeInvalid, Op: "read default_branch", Subject: schema.Printable(s.DefaultBranch), Attribute: "default_branch",
			Message: "it cannot be the name of a branch: " + err.Error(), Hint: "write a name that git accepts, such as main", Err: err}
	}
	return s, a, nil
}

// key covers what decides about the commits. Another key makes other commits.
func (s settings) key(identity string) string {
	return schema.Digest([]any{"mercurial", formatOfCommits, identity, s.HgIgnore, s.HgTags, s.Subrepositories, s.Extras})
}

// formatOfCommits counts the ways in which versions of this provider made
// commits. A change of it converts every repository anew, to other ids.
const formatOfCommits = 1

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
