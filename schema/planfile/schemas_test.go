package planfile

import (
	"fmt"

	"github.com/drover-migrate/drover/schema"
)

// testSchema describes a few providers of the kinds that there are.
func testSchema(provider string) (schema.ProviderSchema, error) {
	ten, hundred := int64(10), int64(100)
	text := func(name string) schema.Attribute { return schema.Attribute{Name: name, Type: schema.TypeString} }
	need := func(name string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.TypeString, Required: true}
	}
	names := func(a schema.Attribute) schema.Attribute {
		a.Identifies = true
		return a
	}
	only := func(name, value string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.TypeString, Default: `"` + value + `"`, Values: []string{value}}
	}
	yes := func(name string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.TypeBool, Default: "true"}
	}
	secret := func(name, group string) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.TypeString, Secret: true, Required: true, Group: group}
	}
	strategy := schema.Attribute{Name: "timeout_strategy", Type: schema.TypeString, Values: []string{"optimistic", "pessimistic"}, Default: `"pessimistic"`}
	pages := schema.Attribute{Name: "pagination_limit", Type: schema.TypeNumber, Min: &ten, Max: &hundred}
	stages := schema.Attribute{Name: "optional_stages", Type: schema.TypeBoolMap}
	repositories := func(attrs ...schema.Attribute) map[string]schema.Attributes {
		return map[string]schema.Attributes{"repositories": attrs}
	}
	all := []schema.ProviderSchema{
		{
			Name: "git", Version: "0.3.1", IsSource: true,
			Source:     schema.Attributes{text("base")},
			Repository: schema.Attributes{need("vcs_url"), {Name: "labels", Type: schema.TypeStringMap}, {Name: "refs", Type: schema.TypeStringList}},
			Discover:   repositories(text("root")),
		},
		{
			Name: "github", Version: "0.3.4", IsSource: true, IsTarget: true,
			Source: schema.Attributes{secret("personal_access_token", ""), text("github_hostname"), pages, strategy},
			Repository: schema.Attributes{
				{Name: "repo_id", Type: schema.TypeString, Required: true, Group: "repository"},
				{Name: "gist_id", Type: schema.TypeString, Required: true, Group: "gist"},
				{Name: "all_gists", Type: schema.TypeBool, Required: true, Group: "gists"}, pages, strategy, stages,
			},
			Target:    schema.Attributes{secret("access_token", ""), text("actions")},
			Placement: schema.Attributes{text("visibility")},
			Discover: map[string]schema.Attributes{
				"repositories": {need("owner"), text("archived"), text("forks")}, "gists": {text("username")},
			},
		},
		{
			Name: "bitbucket_server", Version: "0.3.0", IsSource: true,
			Source:     schema.Attributes{need("bitbucket_server_url"), need("bitbucket_server_username"), secret("personal_access_token", ""), strategy},
			Repository: schema.Attributes{need("bitbucket_server_project"), need("bitbucket_server_repo"), strategy},
			Discover:   repositories(need("owner")),
		},
		{
			Name: "bitbucket_cloud", Version: "0.3.0", IsSource: true,
			Source: schema.Attributes{
				{Name: "bitbucket_email", Type: schema.TypeString, Required: true, Group: "token"}, secret("bitbucket_api_token", "token"),
				{Name: "bitbucket_username", Type: schema.TypeString, Required: true, Group: "password", Deprecated: "Use bitbucket_email with bitbucket_api_token"},
				secret("bitbucket_app_password", "password"),
			},
			Repository: schema.Attributes{need("repo_path")},
		},
		{
			Name: "gitlab", Version: "0.3.0", IsSource: true, IsTarget: true,
			Source:     schema.Attributes{names(need("url")), secret("access_token", "")},
			Repository: schema.Attributes{need("source_full_path"), only("source_type", "project_entity"), yes("migrate_memberships")},
			Group:      schema.Attributes{need("source_full_path"), only("source_type", "group_entity"), yes("migrate_projects"), yes("migrate_memberships")},
			Discover:   map[string]schema.Attributes{"repositories": {}, "groups": {text("parent")}},
			Target:     schema.Attributes{need("url"), secret("access_token", ""), text("visibility")},
			Placement:  schema.Attributes{{Name: "visibility", Type: schema.TypeString, Values: []string{"private", "internal", "public"}}},
		},
		{
			Name: "subversion", Version: "0.3.0", IsSource: true,
			Source: schema.Attributes{text("username"), {Name: "password", Type: schema.TypeString, Secret: true}},
			Repository: schema.Attributes{need("vcs_url"), {Name: "layout", Type: schema.TypeBlock, OnChange: schema.EffectRewrite, Fields: schema.Attributes{
				text("trunk"), {Name: "branches", Type: schema.TypeStringList}, {Name: "tags", Type: schema.TypeStringList},
			}}},
		},
		{
			Name: "directory", Version: "0.3.0", IsTarget: true,
			Target: schema.Attributes{names(need("path"))},
		},
	}
	for _, s := range all {
		if s.Name == provider {
			return s, nil
		}
	}
	return schema.ProviderSchema{}, fmt.Errorf("there is no program drover-provider-%s", provider)
}
