package mercurial

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.3.0"

// The values of the attributes that offer a choice.
const (
	asBranches   = "branches"
	asArchive    = "archive"
	dropped      = "drop"
	kept         = "keep"
	draftToo     = "draft"
	publicOnly   = "public"
	listed       = "list"
	asSubmodules = "submodules"

	defaultBranchName = "main"
)

// New returns the provider of Mercurial repositories.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "mercurial",
			Version: Version,
			Doc:     "Mercurial repositories: by path, as a bundle file, or from a server over http, https or ssh. It needs no hg, except to verify; ssh addresses need ssh, a key in the agent and the host in known_hosts.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Git:        true,
				System:     "mercurial",
				Verifies:   true,
				Scopes:     []string{"pull from the repositories"},
			},
		},
		OpenSource: openSource,
	}
}

func sourceAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "username", Type: schema.TypeString,
			Doc: "The user name for http and https addresses."},
		{Name: "password", Type: schema.TypeString, Secret: true,
			Doc: "The password for http and https addresses. It is sent to the host of each vcs_url that is read through this source."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
	}
}

func repositoryAttributes() schema.Attributes {
	return schema.Attributes{
		{Name: "vcs_url", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "What hg clone takes: the path of a repository or bundle file, which starts at the folder of the plan when it is relative, or a file, http, https or ssh address. It holds no password."},
		{Name: "default_branch", Type: schema.TypeString, Default: quoted(defaultBranchName), OnChange: schema.EffectResync,
			Doc: "What Mercurial's branch default is called in git."},
		{Name: "closed_branches", Type: schema.TypeString, Default: quoted(asArchive), Values: []string{asArchive, kept, dropped}, OnChange: schema.EffectResync,
			Doc: "Where closed branches go: archive puts them under refs/archive/closed, keep makes them branches, drop leaves them out."},
		{Name: "heads", Type: schema.TypeString, Default: quoted(asBranches), Values: []string{asBranches, asArchive, dropped}, OnChange: schema.EffectResync,
			Doc: "Where the other heads of a branch with several open heads go: branches makes them branches NAME-CHANGESET, archive puts them under refs/archive/heads, drop leaves them out."},
		{Name: "bookmarks", Type: schema.TypeString, Default: quoted(asBranches), Values: []string{asBranches, dropped}, OnChange: schema.EffectResync,
			Doc: "Whether bookmarks become branches."},
		{Name: "phases", Type: schema.TypeString, Default: quoted(draftToo), Values: []string{draftToo, publicOnly}, OnChange: schema.EffectResync,
			Doc: "Which changesets are exported: draft means draft and public ones. Secret and obsolete ones never are."},
		{Name: "hgignore", Type: schema.TypeBool, Default: "true", OnChange: schema.EffectRewrite,
			Doc: "Whether every commit with a .hgignore and without a .gitignore gets a .gitignore that means the same."},
		{Name: "hgtags", Type: schema.TypeString, Default: quoted(kept), Values: []string{kept, dropped}, OnChange: schema.EffectRewrite,
			Doc: "Whether the file .hgtags stays in the commits. Its tags become tags of git in any case."},
		{Name: "subrepositories", Type: schema.TypeString, Default: quoted(listed), Values: []string{listed, asSubmodules}, OnChange: schema.EffectRewrite,
			Doc: "What happens to subrepositories: list keeps .hgsub and .hgsubstate and reports them; submodules also makes git submodules of those that are git repositories."},
		{Name: "extras", Type: schema.TypeBool, Default: "false", OnChange: schema.EffectRewrite,
			Doc: "Whether commit messages end with lines that name the changeset, its branch and its other extras."},
	}
}

func quoted(s string) string { return `"` + s + `"` }
