package github

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/github/threads"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.4.0"

// The streams.
const (
	streamBase     = "base"
	streamReleases = "releases"
	streamThreads  = "threads"
)

// The kinds of discover block.
const (
	discoverRepositories = "repositories"
	discoverGists        = "gists"
)

// New returns the provider of GitHub.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "github",
			Version: Version,
			Doc:     "Repositories and gists of GitHub.com, of GitHub Enterprise Cloud, and of GitHub Enterprise Server 3.12 and later. It needs git 2.30 or newer.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Discover: map[string]schema.Attributes{
					discoverRepositories: discoverRepositoriesAttributes(),
					discoverGists:        discoverGistsAttributes(),
				},
				Git:         true,
				Streams:     streams(),
				Pages:       pages(),
				OneSequence: true,
				Scopes: []string{
					"repo: private repositories, their collaborators, and the names of secrets and variables",
					"read:org: who in an organisation has which role",
					"admin:repo_hook, or read:repo_hook: the list of webhooks",
					"read:packages: the list of packages",
					"gist: secret gists",
					"a fine-grained token needs read access to the same, and cannot download the files of texts in private repositories",
				},
			},
		},
		OpenSource: openSource,
	}
}

func streams() []providers.Stream {
	return []providers.Stream{
		{Name: streamBase, Kinds: []schema.Kind{
			schema.KindRepository, schema.KindLabel, schema.KindMilestone, schema.KindMember, schema.KindProtection, schema.KindSnippet, schema.KindComment,
		}},
		{Name: streamReleases, Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}},
		{Name: streamThreads, Picks: true, Kinds: threads.Kinds()},
	}
}

func pages() schema.Pages {
	return schema.Pages{
		schema.PageIssue:      {"/issues/{number}"},
		schema.PageChange:     {"/pull/{number}"},
		schema.PageDiscussion: {"/discussions/{number}"},
		schema.PageMilestone:  {"/milestone/{number}"},
		schema.PageCommit:     {"/commit/{commit}"},
		schema.PageFile:       {"/blob/{ref}/{path}"},
		schema.PageFolder:     {"/tree/{ref}/{path}", "/tree/{ref}"},
		schema.PageHistory:    {"/commits/{ref}"},
		schema.PageCompare:    {"/compare/{range}"},
		schema.PageRaw:        {"/raw/{ref}/{path}"},
		schema.PageRelease:    {"/releases/tag/{tag}"},
		schema.PageWiki:       {"/wiki/{page}"},
		schema.PageIssues:     {"/issues"},
		schema.PageChanges:    {"/pulls"},
		schema.PageReleases:   {"/releases"},
		schema.PageHome:       {""},
		schema.PageWikiHome:   {"/wiki"},
	}
}

// The values of timeout_strategy.
const (
	optimistic  = "optimistic"
	pessimistic = "pessimistic"
)

func pageSizeAttribute(doc string) schema.Attribute {
	least, most := int64(1), int64(100)
	return schema.Attribute{Name: "pagination_limit", Type: schema.TypeNumber, Min: &least, Max: &most, Doc: doc}
}

func sourceAttributes() schema.Attributes {
	one := int64(1)
	return schema.Attributes{
		{Name: "personal_access_token", Type: schema.TypeString, Secret: true, Required: true,
			Doc: "A token that may read what is migrated. Several, of accounts with the same rights, share the work: separate them by commas or line breaks. Git data is read with the first."},
		{Name: "github_hostname", Type: schema.TypeString, Default: `"github.com"`, Identifies: true,
			Doc: "The host of an Enterprise Server, or its address, with or without /api/v3."},
		pageSizeAttribute("How many items a page of a list has at most. A smaller number helps where the server fails over large pages. Left out, it is 100."),
		{Name: "timeout_strategy", Type: schema.TypeString, Default: `"` + pessimistic + `"`, Values: []string{optimistic, pessimistic},
			Doc: "What happens when GitHub does not give a list in time, however often it is asked. Optimistic: the list is reported as failed and the reading goes on. Pessimistic: the reading stops. Of a thread that cannot be had, all others are read in either case."},
		{Name: "max_requests_per_hour", Type: schema.TypeNumber, Min: &one,
			Doc: "How many REST requests, and points of GraphQL, may be spent in an hour, all tokens together, when that is less than the server allows. What is left stays for others who use the same tokens."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "repo_id", Type: schema.TypeString, Group: "by id", OnChange: schema.EffectResync,
			Doc: "The permanent number of the repository, as the REST interface tells it."},
		{Name: "repository", Type: schema.TypeString, Group: "by name", OnChange: schema.EffectResync,
			Doc: "The repository as OWNER/NAME. A former name is followed."},
		{Name: "gist_id", Type: schema.TypeString, Group: "by gist", OnChange: schema.EffectResync,
			Doc: "The id of a gist: the last part of its address."},
		{Name: "all_gists", Type: schema.TypeBool, Group: "by owner", Derived: true, OnChange: schema.EffectResync,
			Doc: "All gists of the token's owner together, secret ones included, for a target that imports them by itself. Drover does not read them in this form."},
		pageSizeAttribute("As in the source block, for this repository."),
		{Name: "timeout_strategy", Type: schema.TypeString, Values: []string{optimistic, pessimistic},
			Doc: "As in the source block, for this repository."},
		{Name: "optional_stages", Type: schema.TypeBlock, OnChange: schema.EffectResync, Fields: stageAttributes(),
			Doc: "What is left out unless it is asked for."},
	}
}

func stageAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "attachments_import", Type: schema.TypeBool,
			Doc: "Whether files that texts link to are carried. When not, they are counted and stay links to GitHub. The assets of releases are always carried."},
		{Name: "collaborators_import", Type: schema.TypeBool,
			Doc: "Whether people who were given access to the repository itself are carried. It takes a token that may push to the repository."},
		{Name: "single_endpoint_notes_import", Type: schema.TypeBool,
			Doc: "Has no effect: comments are always read with the issue or pull request that they belong to, so no list is cut off."},
		{Name: "single_endpoint_issue_events_import", Type: schema.TypeBool, Deprecated: "remove it: it has no effect, events are always carried",
			Doc: "Has no effect."},
	}
}

func discoverRepositoriesAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString,
			Doc: "The organisation or user whose repositories are listed. Left out, they are all that the token's owner owns, works on, or sees as a member of an organisation."},
		{Name: "topics", Type: schema.TypeStringList,
			Doc: "Only repositories that have all of these topics."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "internal", "private"},
			Doc: "Only repositories of this visibility."},
		forgesource.Whether("archived", "Whether archived repositories are listed."),
		forgesource.Whether("forks", "Whether forks are listed."),
		{Name: "pushed_since", Type: schema.TypeString,
			Doc: "Only repositories that were pushed to since this day, YYYY-MM-DD, or moment, as RFC 3339 has it."},
	}
}

func discoverGistsAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "username", Type: schema.TypeString,
			Doc: "The user whose gists are listed. Left out, it is the owner of the token; the secret gists of others cannot be listed."},
	}
}
