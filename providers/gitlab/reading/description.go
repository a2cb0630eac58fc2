package reading

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/gitlab/reading/threads"
	"github.com/drover-migrate/drover/schema"
)

// The streams.
const (
	streamBase     = "base"
	streamReleases = "releases"
	streamIssues   = "issues"
	streamChanges  = "changes"
	streamSnippets = "snippets"
)

// The kinds of discover blocks that there are.
const (
	discoverRepositories = "repositories"
	discoverGroups       = "groups"
)

const (
	defaultURL  = "https://gitlab.com"
	typeProject = "project_entity"
	typeGroup   = "group_entity"
)

// Description describes the source part of the provider. Where the server shows
// things is said by the caller, for a target needs to know it too.
func Description(pages schema.Pages) *providers.SourceDescription {
	return &providers.SourceDescription{
		Settings:   sourceAttributes(),
		Repository: repositoryAttributes(),
		Group:      groupAttributes(),
		Discover: map[string]schema.Attributes{
			discoverRepositories: discoverAttributes(),
			discoverGroups:       discoverGroupsAttributes(),
		},
		Git:     true,
		Streams: streams(),
		Pages:   pages,
		Scopes: []string{
			"read_api and read_repository; api for a direct transfer, which group blocks need",
			"a reporter of the project sees confidential issues and sizes",
			"a maintainer of the project sees its rules, web hooks, deploy keys, mirrors and the names of variables",
		},
	}
}

func streams() []providers.Stream {
	return []providers.Stream{
		{Name: streamBase, Kinds: []schema.Kind{schema.KindRepository, schema.KindLabel, schema.KindMilestone, schema.KindMember, schema.KindProtection}},
		{Name: streamReleases, Kinds: []schema.Kind{schema.KindRelease, schema.KindAttachment}},
		{Name: streamIssues, Kinds: threads.Issues().Kinds(), Picks: true},
		{Name: streamChanges, Kinds: threads.Changes().Kinds(), Picks: true},
		{Name: streamSnippets, Kinds: snippetKinds()},
	}
}

func snippetKinds() []schema.Kind {
	return []schema.Kind{schema.KindSnippet, schema.KindComment, schema.KindAttachment}
}

func sourceAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "url", Type: schema.TypeString, Default: `"` + defaultURL + `"`, Identifies: true,
			Doc: "The address of the server as a browser shows it, such as https://gitlab.example.com."},
		{Name: "access_token", Type: schema.TypeString, Required: true, Secret: true,
			Doc: "A personal, group or project access token that may read what is migrated."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
	}
}

func pathAttribute(doc string) schema.Attribute {
	return schema.Attribute{Name: "source_full_path", Type: schema.TypeString, Required: true, OnChange: schema.EffectNewTarget, Doc: doc}
}

func typeAttribute(is string) schema.Attribute {
	return schema.Attribute{Name: "source_type", Type: schema.TypeString, Default: `"` + is + `"`, Values: []string{is},
		Doc: "What is meant. The block says so too."}
}

func membersAttribute(doc string) schema.Attribute {
	return schema.Attribute{Name: "migrate_memberships", Type: schema.TypeBool, Default: "true", OnChange: schema.EffectResync, Doc: doc}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		pathAttribute("The full path of the project, such as acme/tools/lamp, or its number. A former path is followed."),
		typeAttribute(typeProject),
		membersAttribute("Whether the members of the project itself are carried. Those whom it has from its groups are not."),
	}
}

func groupAttributes() schema.Attributes {
	return schema.Attributes{
		pathAttribute("The full path of the group, such as acme/tools, or its number."),
		typeAttribute(typeGroup),
		{Name: "migrate_projects", Type: schema.TypeBool, Default: "true",
			Doc: "Whether the projects of the group and of the groups in it are carried."},
		membersAttribute("Whether the members of the group, of the groups in it and of their projects are carried."),
	}
}

func discoverAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString,
			Doc: "The full path of the group, or the user, whose projects are listed. Left out, they are those that the token's account is a member of, and all of the server for an administrator's."},
		{Name: "subgroups", Type: schema.TypeBool, Default: "true",
			Doc: "Whether the projects of the groups in the group are listed too."},
		{Name: "topics", Type: schema.TypeStringList,
			Doc: "Only projects that have all of these topics."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "internal", "private"},
			Doc: "Only projects of this visibility."},
		forgesource.Whether("archived", "Whether archived projects are listed."),
		forgesource.Whether("forks", "Whether forks are listed."),
		{Name: "pushed_since", Type: schema.TypeString,
			Doc: "Only projects with some activity since this day, YYYY-MM-DD, or moment, as RFC 3339 has it."},
	}
}

func discoverGroupsAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "owner", Type: schema.TypeString,
			Doc: "The full path of the group whose groups are listed, however deep. Left out, they are all that the token sees."},
		{Name: "visibility", Type: schema.TypeString, Values: []string{"public", "internal", "private"},
			Doc: "Only groups of this visibility."},
	}
}
