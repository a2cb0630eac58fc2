package tfvc

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.3.0"

// New returns the provider of Team Foundation Version Control.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "tfvc",
			Version: Version,
			Doc:     "Team projects of Team Foundation Version Control in Azure DevOps Services and Azure DevOps Server 2019 and later, converted to git over the REST interface. Team Foundation Server 2015 to 2018 are asked in the versions of the interface that they know.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Git:        true,
				System:     "tfvc",
				Verifies:   true,
				Scopes:     []string{"Code (read)", "Project and team (read)", "Work items (read), for work_items"},
			},
		},
		OpenSource: openSource,
	}
}

func sourceAttributes() schema.Attributes {
	least, most := int64(1), int64(32)
	return schema.Attributes{
		{Name: "username", Type: schema.TypeString,
			Doc: "The user name. With a personal access token any one will do."},
		{Name: "password", Type: schema.TypeString, Secret: true,
			Doc: "A personal access token, or a password where the server has basic authentication. It is sent to the host of each vcs_url that is read through this source."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
		{Name: "connections", Type: schema.TypeNumber, Min: &least, Max: &most,
			Doc: "How many requests are made at once. Left out, it is a small number."},
	}
}

func repositoryAttributes() schema.Attributes {
	keepDrop := []string{keepWord, dropWord}
	return schema.Attributes{
		{Name: "vcs_url", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "The address of an organization or collection: https://dev.azure.com/ORG, https://ORG.visualstudio.com, https://SERVER/tfs/COLLECTION. It holds no password."},
		{Name: "tfvc_project", Type: schema.TypeString, OnChange: schema.EffectRewrite,
			Doc: "The team project. Left out, it is the only one, or the one in vcs_url."},
		{Name: "branches", Type: schema.TypeStringList, OnChange: schema.EffectRewrite,
			Doc: "Folders of the project that are branches, such as \"Main\" and \"Releases/*\"; a star stands for a part of a name. Left out, they are the server's branches; without any the project is one branch."},
		{Name: "trunk", Type: schema.TypeString, OnChange: schema.EffectRewrite,
			Doc: "The branch that becomes the default branch. Left out, it is the one that was made of no other, the oldest if there are several."},
		{Name: "default_branch", Type: schema.TypeString, Default: `"` + defaultTrunk + `"`, OnChange: schema.EffectResync,
			Doc: "The git branch that the trunk becomes."},
		{Name: "empty_changesets", Type: schema.TypeString, Default: `"keep"`, Values: keepDrop, OnChange: schema.EffectRewrite,
			Doc: "Whether changesets that change no file of a branch, such as those that lock files or make a branch, become commits."},
		{Name: "outside", Type: schema.TypeString, Default: `"keep"`, Values: keepDrop, OnChange: schema.EffectRewrite,
			Doc: "What becomes of files that are in no branch, when there are branches: they are kept in " + outsideRef + ", or left out."},
		{Name: "labels", Type: schema.TypeString, Default: `"tags"`, Values: []string{tagsWord, noneWord}, OnChange: schema.EffectResync,
			Doc: "Whether labels become annotated tags."},
		{Name: "work_items", Type: schema.TypeString, Default: `"trailers"`, Values: []string{trailersWord, noneWord}, OnChange: schema.EffectRewrite,
			Doc: "Whether links to work items become trailers, " + workItemTrailer + ": AB#ID. It takes one request more for each changeset."},
	}
}
