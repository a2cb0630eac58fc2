package git

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.3.0"

// The values of the lfs attribute.
const (
	lfsAuto = "auto"
	lfsSkip = "skip"
)

const (
	// kindRepositories is the only kind of discover block.
	kindRepositories = "repositories"

	// defaultDepth is how many folders deep a repository may stand, unless a
	// discover block says otherwise.
	defaultDepth = 8
	maxDepth     = 64
)

// New returns the provider of plain git repositories.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "git",
			Version: Version,
			Doc:     "Any repository that git can read, by path or by an http, https, ssh or git address, with its Git LFS objects. It needs git 2.30 or newer, and for ssh addresses a key in the agent and the host in known_hosts.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Discover:   map[string]schema.Attributes{kindRepositories: discoverAttributes()},
				Git:        true,
				System:     "git",
				Verifies:   true,
				Scopes:     []string{"read access to the repositories, and to their Git LFS objects"},
			},
		},
		OpenSource: openSource,
	}
}

func sourceAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "username", Type: schema.TypeString,
			Doc: "The user name for http and https addresses. It may be left out when password is a token."},
		{Name: "password", Type: schema.TypeString, Secret: true,
			Doc: "The password or token for http and https addresses. It is sent to the host of each vcs_url that is read through this source."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
		{Name: "lfs", Type: schema.TypeString, Default: `"` + lfsAuto + `"`, Values: []string{lfsAuto, lfsSkip},
			Doc: "Whether the Git LFS objects that a history names are brought along."},
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "vcs_url", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "What git clone takes: a path, which starts at the folder of the plan when it is relative, or a file, http, https, ssh, git or user@host:path address. It holds no password."},
	}
}

func discoverAttributes() schema.Attributes {
	least, most := int64(1), int64(maxDepth)
	return schema.Attributes{
		{Name: "folder", Type: schema.TypeString, Group: "where",
			Doc: "A folder to search for repositories, bare ones and work trees. Symbolic links are not followed. A relative path starts at the folder of the plan."},
		{Name: "urls", Type: schema.TypeStringList, Group: "where",
			Doc: "The addresses of repositories, each as vcs_url takes it."},
		{Name: "depth", Type: schema.TypeNumber, Default: "8", Min: &least, Max: &most,
			Doc: "How many folders deep in folder a repository may stand; 1 is directly in it."},
	}
}
