package bitbucketserver

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketserver/threads"
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

// New returns the provider of Bitbucket Server and Data Center.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "bitbucket_server",
			Version: Version,
			Doc:     "Repositories of Bitbucket Server and Bitbucket Data Center 5.5 and later. It needs git 2.30 or newer.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Discover:   map[string]schema.Attributes{discoverRepositories: discoverAttributes()},
				Git:        true,
				Streams: []providers.Stream{
					{Name: streamBase, Kinds: []schema.Kind{schema.KindRepository, schema.KindMember, schema.KindProtection}},
					{Name: streamThreads, Kinds: threads.Kinds(), Picks: true},
				},
				Pages: pages(),
				Scopes: []string{
					"repository read: git data, pull requests and their files",
					"repository admin: members, branch permissions, web hooks, access keys and the names of access tokens",
					"project admin: who has access through the project",
				},
			},
		},
		OpenSource: openSource,
	}
}

func pages() schema.Pages {
	return schema.Pages{
		schema.PageRepository: {"/projects/{owner}/repos/{name}", "/users/{~owner}/repos/{name}", "/scm/{owner}/{name}"},
		schema.PageChange: {
			"/pull-requests/{number}/overview", "/pull-requests/{number}", "/pull-requests/{number}/diff",
			"/pull-requests/{number}/commits", "/pull-requests/{number}/activity",
		},
		schema.PageCommit:  {"/commits/{commit}"},
		schema.PageChanges: {"/pull-requests"},
		schema.PageHome:    {"/browse", ""},
	}
}

// The values of timeout_strategy.
const (
	optimistic  = "optimistic"
	pessimistic = "pessimistic"
)

func sourceAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "bitbucket_server_url", Type: schema.TypeString, Required: true, Identifies: true,
			Doc: "The address of the server as a browser shows it, such as https://bitbucket.example.com, with the path it stands at."},
		{Name: "bitbucket_server_username", Type: schema.TypeString,
			Doc: "The name of the account. It is needed when personal_access_token holds a password; an HTTP access token needs none."},
		{Name: "personal_access_token", Type: schema.TypeString, Required: true, Secret: true,
			Doc: "An HTTP access token of an account, project or repository that may read what is migrated, or the account's password."},
		{Name: "timeout_strategy", Type: schema.TypeString, Default: `"` + pessimistic + `"`, Values: []string{optimistic, pessimistic},
			Doc: "What happens when the server does not give a list of settings in time, however often it is asked. Optimistic: the list is reported as failed and the reading goes on. Pessimistic: the reading stops. Of a pull request that cannot be had, all others are read in either case."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's, such as that of a server that signed its own. A relative path starts at the folder of the plan."},
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "bitbucket_server_project", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "The key of the project, or ~ and the name of a person for a personal repository."},
		{Name: "bitbucket_server_repo", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "The slug of the repository: its name as addresses have it."},
		{Name: "timeout_strategy", Type: schema.TypeString, Values: []string{optimistic, pessimistic},
			Doc: "As in the source block, for this repository."},
	}
}

func discoverAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString,
			Doc: "The key of the project whose repositories are listed, or ~ and the name of a person. Left out, they are all that the token sees."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "private"},
			Doc: "Only repositories of this visibility."},
		forgesource.Whether("archived", "Whether archived repositories are listed."),
		forgesource.Whether("forks", "Whether forks are listed."),
	}
}
