package bitbucketcloud

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/threads"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.3.0"

// The streams.
const (
	streamBase    = "base"
	streamThreads = "threads"
)

// discoverRepositories is the kind of discover block that there is.
const discoverRepositories = "repositories"

// New returns the provider of Bitbucket Cloud.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "bitbucket_cloud",
			Version: Version,
			Doc:     "Repositories of Bitbucket Cloud, bitbucket.org. Bitbucket Server and Data Center are the business of bitbucket_server. It needs git 2.30 or newer.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Discover:   map[string]schema.Attributes{discoverRepositories: discoverAttributes()},
				Git:        true,
				Streams: []providers.Stream{
					{Name: streamBase, Kinds: []schema.Kind{schema.KindRepository, schema.KindLabel, schema.KindMilestone, schema.KindMember, schema.KindProtection}},
					{Name: streamThreads, Kinds: threads.Kinds(), Picks: true},
				},
				Pages: pages(),
				Scopes: append(api.Scopes(),
					"read:user:bitbucket: the names of people who are mentioned and have nothing else to do with a thread",
					"read:permission:bitbucket, read:webhook:bitbucket, read:ssh-key:bitbucket: members, and the lists of webhooks and deploy keys, of repositories that the account administers"),
			},
		},
		OpenSource: openSource,
	}
}

func pages() schema.Pages {
	return schema.Pages{
		schema.PageIssue:    {"/issues/{number}", "/issues/{number}/{path}"},
		schema.PageChange:   {"/pull-requests/{number}", "/pull-requests/{number}/{path}"},
		schema.PageCommit:   {"/commits/{commit}"},
		schema.PageFile:     {"/src/{ref}/{path}"},
		schema.PageFolder:   {"/src/{ref}"},
		schema.PageHistory:  {"/commits/branch/{ref}", "/branch/{ref}"},
		schema.PageRaw:      {"/raw/{ref}/{path}"},
		schema.PageWiki:     {"/wiki/{page}"},
		schema.PageIssues:   {"/issues"},
		schema.PageChanges:  {"/pull-requests"},
		schema.PageHome:     {"", "/src", "/overview"},
		schema.PageWikiHome: {"/wiki", "/wiki/Home"},
	}
}

// The two ways to sign in.
const (
	byToken    = "by API token"
	byPassword = "by app password"
)

func sourceAttributes() schema.Attributes {
	one := int64(1)
	const instead = "Atlassian is withdrawing app passwords: make an API token with scopes, and set bitbucket_email and bitbucket_api_token."
	return schema.Attributes{
		{Name: "bitbucket_email", Type: schema.TypeString, Group: byToken,
			Doc: "The e-mail address of the Atlassian account that the API token belongs to."},
		{Name: "bitbucket_api_token", Type: schema.TypeString, Secret: true, Group: byToken,
			Doc: "An API token with scopes, for Bitbucket."},
		{Name: "bitbucket_username", Type: schema.TypeString, Group: byPassword, Deprecated: instead,
			Doc: "The user name of the Bitbucket account that the app password belongs to."},
		{Name: "bitbucket_app_password", Type: schema.TypeString, Secret: true, Group: byPassword, Deprecated: instead,
			Doc: "An app password that may read the account's repositories, pull requests and issues, and its wikis."},
		{Name: "max_requests_per_hour", Type: schema.TypeNumber, Min: &one,
			Doc: "How many requests may be sent in an hour, when that is less than Bitbucket allows. What is left stays for others who use the same account."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
		{Name: "bitbucket_api_url", Type: schema.TypeString, Default: `"` + api.DefaultURL + `"`, Identifies: true,
			Doc: "The address of the interface, for tests against a stand-in. There is one Bitbucket Cloud; leave it out."},
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "repo_path", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "The repository as WORKSPACE/REPOSITORY, as its address has it."},
		{Name: "optional_stages", Type: schema.TypeBlock, OnChange: schema.EffectResync, Doc: "What is left out unless it is asked for.", Fields: schema.Attributes{
			{Name: "attachments_import", Type: schema.TypeBool,
				Doc: "Whether the files of issues, and pictures that texts show, are carried. That takes a request for each issue. When not, they stay links to Bitbucket."},
			{Name: "collaborators_import", Type: schema.TypeBool,
				Doc: "Whether the people who were given access to the repository itself are carried."},
		}},
	}
}

func discoverAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString, Required: true, Doc: "The workspace, as addresses have it."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "private"}, Doc: "Only repositories that are seen by everybody, or only others."},
		forgesource.Whether("forks", "Whether forks are listed."),
		{Name: "pushed_since", Type: schema.TypeString, Doc: "Only repositories that changed since then: a day such as 2024-01-31, or a moment such as 2024-01-31T12:00:00Z."},
	}
}
