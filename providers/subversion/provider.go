package subversion

import (
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Version is the version of the provider.
const Version = "0.3.0"

// New returns the provider of Subversion repositories.
func New() *providers.Provider {
	return &providers.Provider{
		Description: providers.Description{
			Name:    "subversion",
			Version: Version,
			Doc:     "Subversion repositories behind svn, svn+ssh, http and https, in a local directory, and in dump files (plain, gzip, bzip2 or zstd), converted to git. A local directory needs svnadmin; comparing a conversion with its source needs svn.",
			Source: &providers.SourceDescription{
				Settings:   sourceAttributes(),
				Repository: repositoryAttributes(),
				Git:        true,
				System:     "subversion",
				Verifies:   true,
				Scopes:     []string{"read access to the whole repository, also to folders that branches were copied from"},
			},
		},
		OpenSource: openSource,
	}
}

func sourceAttributes() schema.Attributes {
	least, most := int64(1), int64(32)
	return schema.Attributes{
		{Name: "username", Type: schema.TypeString,
			Doc: "The user name for svn, http and https addresses. A user name in vcs_url is used when it is absent."},
		{Name: "password", Type: schema.TypeString, Secret: true,
			Doc: "The password for svn, http and https addresses. It is sent to the host of each vcs_url that is read through this source."},
		{Name: "ca_file", Type: schema.TypeString,
			Doc: "A file of certificates, in PEM, to trust for https instead of the system's. A relative path starts at the folder of the plan."},
		{Name: "connections", Type: schema.TypeNumber, Min: &least, Max: &most,
			Doc: "How many connections a server is read over at once. Left out, it is a small number."},
	}
}

func repositoryAttributes() schema.Attributes {
	least := int64(0)
	return schema.Attributes{
		{Name: "vcs_url", Type: schema.TypeString, Required: true, OnChange: schema.EffectResync,
			Doc: "A svn, svn+ssh, http, https or file URL, the path of a repository, or the path of a dump file. A URL may name a folder of a repository. It holds no password."},
		{Name: "project", Type: schema.TypeString, OnChange: schema.EffectRewrite,
			Doc: "The folder of the project to convert, when a repository holds several. Paths of layout start there."},
		{Name: "layout", Type: schema.TypeBlock, OnChange: schema.EffectRewrite,
			Doc: "Which folders are the trunk, branches and tags. Left out, it is found from the log by the first conversion and kept.",
			Fields: schema.Attributes{
				{Name: "trunk", Type: schema.TypeString, OnChange: schema.EffectRewrite,
					Doc: "The path of the trunk; \".\" for the root."},
				{Name: "branches", Type: schema.TypeStringList, OnChange: schema.EffectRewrite,
					Doc: "Patterns of branches, such as \"branches/*\"; a star stands for one part of a path."},
				{Name: "tags", Type: schema.TypeStringList, OnChange: schema.EffectRewrite,
					Doc: "Patterns of tags, such as \"tags/*\"."},
			}},
		{Name: "default_branch", Type: schema.TypeString, Default: `"` + defaultTrunk + `"`, OnChange: schema.EffectResync,
			Doc: "The git branch that the trunk becomes."},
		{Name: "start_revision", Type: schema.TypeNumber, Min: &least, Default: "0", OnChange: schema.EffectRewrite,
			Doc: "The first revision that becomes a commit; it holds all that there was before."},
		{Name: "empty_directories", Type: schema.TypeBool, Default: "false", OnChange: schema.EffectRewrite,
			Doc: "Whether folders without files are kept, by a file .gitkeep in each."},
		{Name: "empty_revisions", Type: schema.TypeString, Default: `"keep"`, Values: []string{keepWord, dropWord}, OnChange: schema.EffectRewrite,
			Doc: "Whether revisions that change no file, such as those that only set properties or make a branch, become commits."},
		{Name: "outside", Type: schema.TypeString, Default: `"keep"`, Values: []string{keepWord, dropWord}, OnChange: schema.EffectRewrite,
			Doc: "What becomes of files that are in no trunk, branch or tag: they are kept in refs/archive/outside, or left out."},
		{Name: "ignore", Type: schema.TypeBool, Default: "true", OnChange: schema.EffectRewrite,
			Doc: "Whether svn:ignore and svn:global-ignores become .gitignore files."},
		{Name: "attributes", Type: schema.TypeBool, Default: "false", OnChange: schema.EffectRewrite,
			Doc: "Whether svn:eol-style and svn:mime-type become .gitattributes files."},
		{Name: "tags", Type: schema.TypeString, Default: `"annotated"`, Values: []string{annotated, lightweight}, OnChange: schema.EffectResync,
			Doc: "Whether git tags carry the author, date and message of the revision that made the tag."},
		{Name: "git_svn_id", Type: schema.TypeString, Default: `"none"`, Values: []string{noneWord, trailerWord, noteWord}, OnChange: schema.EffectRewrite,
			Doc: "Where the git-svn-id line of git svn is written: nowhere, at the end of messages, or in git notes."},
		{Name: "revision_trailer", Type: schema.TypeString, OnChange: schema.EffectRewrite,
			Doc: "The name of a trailer for the path and revision of each commit, such as \"Subversion-Revision\". Left out, there is none."},
		{Name: "cherry_picks", Type: schema.TypeString, Default: `"none"`, Values: []string{noneWord, trailerWord}, OnChange: schema.EffectRewrite,
			Doc: "Whether revisions that svn:mergeinfo names without being a whole merge are listed in a trailer, " + cherryTrailer + "."},
	}
}
