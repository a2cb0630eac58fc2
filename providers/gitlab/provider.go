package gitlab

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/imports"
	"github.com/drover-migrate/drover/schema"
)

const version = "0.3.0"

// snippetFiles is the most files that the server keeps in a snippet.
const snippetFiles = 10

// New returns the provider of GitLab.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "gitlab",
			Version: version,
			Doc:     "GitLab 16.0 and newer, and GitLab.com: groups and users with their projects, wikis, large files, issues, merge requests, releases and snippets. As a target it is written to directly, or made to import by itself.",
			Source:  sourceDescription(),
			Target:  targetDescription(),
		},
		OpenSource:  openSource,
		OpenTarget:  openTarget,
		CheckPlaces: checkPlaces,
	}
}

func targetDescription() *providers.TargetDescription {
	return &providers.TargetDescription{
		Settings:  targetSettings(),
		Placement: placementSettings(),
		Kinds:     supports(),
		Batch:     1,
		LaneBatch: 50,
		// Issues name their numbers, but not those in the name of somebody who is no
		// owner: see the package threads.
		Numbers:      []schema.Kind{schema.KindIssue, schema.KindDiscussion, schema.KindChange},
		Sequences:    []providers.Sequence{{Kinds: []schema.Kind{schema.KindIssue, schema.KindDiscussion}, Told: true}, {Kinds: []schema.Kind{schema.KindChange}}},
		SnippetFiles: snippetFiles,
		Rewrites:     true,
		Pages:        pages(),
		Scopes: []string{
			"api", "the role Owner of the groups, so that issues keep their numbers and dates and nobody is notified",
			"sudo too for the token of an administrator, so that people who have an account write in their own names",
		},
		Imports: imports.Importing(),
	}
}

// supports says how well each kind is carried. Events are not: the server writes a
// timeline of its own.
func supports() []providers.Support {
	const (
		author = "People without an account, and everybody when the token is not an administrator's, stand in a line of the text."
		dates  = "Without the role Owner the dates stand in that line too."
	)
	return []providers.Support{
		{Kind: schema.KindRepository, Degraded: "The visibility is at most that of the group, and what the server's administrator allows. The homepage and the date of creation are lost, and so are project boards and discussions as features."},
		{Kind: schema.KindLabel, Degraded: "That one label of a scope excludes the others is told by two colons in its name, and lost for other names."},
		{Kind: schema.KindMilestone, Degraded: "The dates of creation and closing are lost."},
		{Kind: schema.KindMember, Degraded: "Triage becomes Planner, on servers before 17.7 Reporter; custom roles become the nearest of the server's own. People without an account are left out: nobody is invited. What a group gives already is not given again."},
		{Kind: schema.KindProtection, Degraded: "Signed commits, linear history and required checks are not required of a branch. Approvals, code owners and people instead of roles take a licence."},
		{Kind: schema.KindIssue, Author: true, Dates: true, Number: true, Degraded: author + " Without the role Owner the numbers and dates are the server's own."},
		{Kind: schema.KindChange, Author: true, Number: true, Degraded: author + " The dates are those of the migration. What is merged at the source is closed here, with a line that says so."},
		{Kind: schema.KindReview, Author: true, Dates: true, Degraded: author + " " + dates + " A review becomes comments, and an approval where its author has an account."},
		{Kind: schema.KindDiscussion, Author: true, Dates: true, Number: true, Degraded: "A discussion becomes an issue with a label that says so. " + author + " " + dates},
		{Kind: schema.KindSnippet, Degraded: "A gist becomes a project that holds its history, and a snippet there: one for every ten files, where the plan has larger gists divided."},
		{Kind: schema.KindRelease, Dates: true, Degraded: "Drafts are left out: the server has none. That a release is a prerelease is told in its text, and so is its author."},
		{Kind: schema.KindComment, Author: true, Dates: true, Degraded: author + " " + dates},
		{Kind: schema.KindAttachment, Degraded: "Numbers of downloads are lost."},
	}
}

// pages are where the server shows things. The templates without a dash are those
// of old links.
func pages() schema.Pages {
	return schema.Pages{
		schema.PageHome:       {"/"},
		schema.PageIssue:      {"/-/issues/{number}", "/issues/{number}", "/-/work_items/{number}"},
		schema.PageChange:     {"/-/merge_requests/{number}", "/merge_requests/{number}"},
		schema.PageDiscussion: {"/-/issues/{number}"},
		schema.PageMilestone:  {"/-/milestones/{number}", "/milestones/{number}"},
		schema.PageCommit:     {"/-/commit/{commit}", "/commit/{commit}"},
		schema.PageFile:       {"/-/blob/{ref}/{path}", "/blob/{ref}/{path}"},
		schema.PageFolder:     {"/-/tree/{ref}/{path}", "/tree/{ref}/{path}"},
		schema.PageRaw:        {"/-/raw/{ref}/{path}", "/raw/{ref}/{path}"},
		schema.PageHistory:    {"/-/commits/{ref}", "/commits/{ref}"},
		schema.PageCompare:    {"/-/compare/{range}", "/compare/{range}"},
		schema.PageRelease:    {"/-/releases/{tag}"},
		schema.PageWiki:       {"/-/wikis/{page}", "/wikis/{page}"},
		schema.PageIssues:     {"/-/issues", "/issues"},
		schema.PageChanges:    {"/-/merge_requests", "/merge_requests"},
		schema.PageReleases:   {"/-/releases"},
		schema.PageWikiHome:   {"/-/wikis/home", "/-/wikis"},
	}
}

func openTarget(ctx context.Context, config providers.Config) (providers.Target, error) {
	t, err := newTarget(ctx, config)
	if err != nil {
		return nil, forgetarget.Failure("open", "the server", err)
	}
	return t, nil
}
