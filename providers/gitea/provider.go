package gitea

import (
	"context"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/reading"
	"github.com/drover-migrate/drover/schema"
)

const version = "0.1.0"

// New returns the provider of Gitea and Forgejo.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "gitea",
			Version: version,
			Doc:     "Gitea 1.22 and newer, Forgejo 9 and newer: organizations and users with their repositories, wikis, large files, issues, pull requests and releases. With the token of an administrator, people who have an account write in their own names.",
			Source:  reading.Description(pages()),
			Target:  targetDescription(),
		},
		OpenSource: reading.Open(version),
		OpenTarget: openTarget,
	}
}

func targetDescription() *providers.TargetDescription {
	return &providers.TargetDescription{
		Settings:  connectionSettings(),
		Placement: placementSettings(),
		Kinds:     supports(),
		Batch:     1,
		LaneBatch: 50,
		Numbers:   []schema.Kind{schema.KindIssue, schema.KindChange, schema.KindDiscussion},
		Rewrites:  true,
		Pages:     pages(),
		Scopes: []string{
			"write:repository", "write:issue", "write:organization for missing_namespace = \"create\"", "read:user",
			"all scopes of an administrator's token, so that people who have an account write in their own names and nobody is notified",
		},
	}
}

// supports says how well each kind is carried. Events are not: the server
// writes a timeline of its own.
func supports() []providers.Support {
	const dates = "The dates of the source stand in a line of the text; the server's own are those of the migration."
	return []providers.Support{
		{Kind: schema.KindRepository, Degraded: "Visibility \"internal\" becomes private, and so does everything on a server that forces it; the date of creation is lost."},
		{Kind: schema.KindLabel, Degraded: "Priorities are lost."},
		{Kind: schema.KindMilestone, Degraded: "Start dates, and the dates of creation and closing, are lost."},
		{Kind: schema.KindMember, Degraded: "There are three sorts of access: triage becomes read, maintain becomes write. Expiry dates are lost, and so are people without an account."},
		{Kind: schema.KindProtection, Degraded: "The account that migrates may always push. Roles, code owners, linear history and resolved conversations cannot be required."},
		{Kind: schema.KindIssue, Author: true, Number: true, Degraded: dates},
		{Kind: schema.KindChange, Author: true, Number: true, Degraded: dates},
		{Kind: schema.KindReview, Author: true, Degraded: dates},
		{Kind: schema.KindDiscussion, Author: true, Number: true, Degraded: "A discussion becomes an issue with the label \"discussion\". " + dates},
		{Kind: schema.KindSnippet, Degraded: "A gist becomes a repository, and its comments stand under an issue."},
		{Kind: schema.KindRelease, Author: true, Degraded: "The date is that of the tag."},
		{Kind: schema.KindComment, Author: true, Degraded: "Comments on commits have no place; replies stand after what they answer. " + dates},
		{Kind: schema.KindAttachment, Degraded: "Numbers of downloads are lost, and assets that are links to elsewhere."},
	}
}

func pages() schema.Pages {
	return schema.Pages{
		schema.PageHome:       {"/"},
		schema.PageIssue:      {"/issues/{number}"},
		schema.PageChange:     {"/pulls/{number}"},
		schema.PageDiscussion: {"/issues/{number}"},
		schema.PageMilestone:  {"/milestone/{number}"},
		schema.PageCommit:     {"/commit/{commit}"},
		schema.PageFile:       {"/src/{as}/{ref}/{path}"},
		schema.PageFolder:     {"/src/{as}/{ref}/{path}"},
		schema.PageRaw:        {"/raw/{as}/{ref}/{path}"},
		schema.PageHistory:    {"/commits/{as}/{ref}"},
		schema.PageCompare:    {"/compare/{range}"},
		schema.PageRelease:    {"/releases/tag/{tag}"},
		schema.PageWiki:       {"/wiki/{page}"},
		schema.PageIssues:     {"/issues"},
		schema.PageChanges:    {"/pulls"},
		schema.PageReleases:   {"/releases"},
		schema.PageWikiHome:   {"/wiki"},
	}
}

func openTarget(ctx context.Context, config providers.Config) (providers.Target, error) {
	t, err := newTarget(ctx, config)
	if err != nil {
		return nil, forgetarget.Failure("open", "the server", err)
	}
	return t, nil
}
