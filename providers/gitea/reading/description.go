package reading

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitea/reading/threads"
	"github.com/drover-migrate/drover/schema"
)

// The streams.
const (
	streamBase     = "base"
	streamReleases = "releases"
	streamThreads  = "threads"
)

// discoverRepositories is the kind of discover block that there is.
const discoverRepositories = "repositories"

// Description describes the source part of the provider. Where the server shows
// things is said by the caller, for a target needs to know it too.
func Description(pages schema.Pages) *providers.SourceDescription {
	return &providers.SourceDescription{
		Settings:    sourceAttributes(),
		Repository:  repositoryAttributes(),
		Discover:    map[string]schema.Attributes{discoverRepositories: discoverAttributes()},
		Git:         true,
		Streams:     streams(),
		Pages:       pages,
		OneSequence: true,
		Scopes: []string{
			"read:repository", "read:issue", "read:user", "read:organization: labels and the owner's name in discover blocks",
			"read:package: the list of packages",
			"an administrator of the repository sees its members, rules, web hooks, deploy keys and the names of secrets",
		},
	}
}

func streams() []providers.Stream {
	return []providers.Stream{
		{Name: streamBase, Kinds: []schema.Kind{schema.KindRepository, schema.KindLabel, schema.KindMilestone, schema.KindMember, schema.KindProtection}},
		{Name: streamReleases, Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}},
		{Name: streamThreads, Kinds: threads.Kinds(), Picks: true},
	}
}

func pageSizeAttribute(doc string) schema.Attribute {
	least, most := int64(1), int64(mostItems)
	return schema.Attribute{Name: "pagination_limit", Type: schema.TypeNumber, Min: &least, Max: &most, Doc: doc}
}

func sourceAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "url", Type: schema.TypeString, Required: true, Identifies: true,
			Doc: "The address of the server as a browser shows it, such as https://gitea.example.com."},
		{Name: "access_token", Type: schema.TypeString, Required: true, Secret: true,
			Doc: "An access token that may read what is migrated."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
		pageSizeAttribute("How many items a page of a list has at most. Left out, it is as many as the server gives, up to 50."),
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "repo_id", Type: schema.TypeString, Group: "which", OnChange: schema.EffectNewTarget,
			Doc: "The permanent number of the repository, as the REST interface tells it."},
		{Name: "repository", Type: schema.TypeString, Group: "which", OnChange: schema.EffectNewTarget,
			Doc: "The repository as OWNER/NAME. A former name is followed."},
		pageSizeAttribute("As in the source block, for this repository."),
		{Name: "optional_stages", Type: schema.TypeBlock, OnChange: schema.EffectResync, Fields: stageAttributes(),
			Doc: "What is left out unless it is asked for."},
	}
}

func stageAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "attachments_import", Type: schema.TypeBool,
			Doc: "Whether files of issues, pull requests and comments, and those that texts link to, are carried. When not, they are counted and stay links to the source. The assets of releases are always carried."},
		{Name: "collaborators_import", Type: schema.TypeBool,
			Doc: "Whether people who were given access to the repository itself are carried. It takes the token of an administrator of the repository."},
	}
}

func discoverAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString,
			Doc: "The organization or user whose repositories are listed. Left out, they are all that the token sees, public ones of strangers among them."},
		{Name: "topics", Type: schema.TypeStringList,
			Doc: "Only repositories that have all of these topics."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "internal", "private"},
			Doc: "Only repositories of this visibility."},
		forgesource.Whether("archived", "Whether archived repositories are listed."),
		forgesource.Whether("forks", "Whether forks are listed."),
		{Name: "pushed_since", Type: schema.TypeString,
			Doc: "Only repositories that were changed since this day, YYYY-MM-DD, or moment, as RFC 3339 has it."},
	}
}
