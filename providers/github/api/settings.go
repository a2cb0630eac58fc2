package api

import (
	"context"
	"time"
)

// Settings is what a repository is and how it is set, as GraphQL tells it.
type Settings struct {
	ID            string `json:"id"`
	DatabaseID    int64  `json:"databaseId"`
	Name          string `json:"name"`
	NameWithOwner string `json:"nameWithOwner"`
	URL           string `json:"url"`
	Description   string `json:"description"`
	HomepageURL   string `json:"homepageUrl"`
	Visibility    string `json:"visibility"` // PUBLIC, PRIVATE, INTERNAL
	IsArchived    bool   `json:"isArchived"`
	IsFork        bool   `json:"isFork"`
	IsEmpty       bool   `json:"isEmpty"`
	DiskUsage     int64  `json:"diskUsage"` // in KiB

	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`

	Owner struct {
		Type  string `json:"__typename"` // User, Organization
		Login string `json:"login"`
	} `json:"owner"`
	DefaultBranchRef *struct{ Name string } `json:"defaultBranchRef"`
	LicenseInfo      *struct {
		SPDX string `json:"spdxId"`
	} `json:"licenseInfo"`
	RepositoryTopics struct {
		Nodes []struct{ Topic struct{ Name string } }
	} `json:"repositoryTopics"`

	// ViewerCanAdminister says whether the token's owner sees everything.
	ViewerCanAdminister bool `json:"viewerCanAdminister"`

	HasIssuesEnabled      bool `json:"hasIssuesEnabled"`
	HasWikiEnabled        bool `json:"hasWikiEnabled"`
	HasProjectsEnabled    bool `json:"hasProjectsEnabled"`
	HasDiscussionsEnabled bool `json:"hasDiscussionsEnabled"`

	MergeCommitAllowed  bool `json:"mergeCommitAllowed"`
	SquashMergeAllowed  bool `json:"squashMergeAllowed"`
	RebaseMergeAllowed  bool `json:"rebaseMergeAllowed"`
	DeleteBranchOnMerge bool `json:"deleteBranchOnMerge"`
}

const settingsFields = `fragment Settings on Repository {
  id databaseId name nameWithOwner url description homepageUrl visibility isArchived isFork isEmpty diskUsage createdAt updatedAt viewerCanAdminister
  owner { __typename login } defaultBranchRef { name } licenseInfo { spdxId }
  repositoryTopics(first: 100) { nodes { topic { name } } }
  hasIssuesEnabled hasWikiEnabled hasProjectsEnabled hasDiscussionsEnabled
  mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed deleteBranchOnMerge
}
`

// Settings reads one repository.
func (c *Client) Settings(ctx context.Context, nodeID, subject string) (Settings, error) {
	const query = `query($id: ID!) { node(id: $id) { ...Settings } }
` + settingsFields
	var answer struct {
		Node *Settings `json:"node"`
	}
	faults, err := c.GraphQL(ctx, query, map[string]any{"id": nodeID}, &answer, "look up repository", subject)
	switch {
	case err != nil:
		return Settings{}, err
	case answer.Node == nil || answer.Node.ID == "":
		return Settings{}, missing(Wanted{NodeID: nodeID}, faults.At("node"))
	}
	return *answer.Node, nil
}
