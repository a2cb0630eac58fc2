package schema

// Pages says where a forge shows things: templates of paths, by what they show.
// A template begins with a slash and follows the address of the repository, such
// as "/issues/{number}". Names in braces stand for a part of the path: {number},
// {commit}, {tag}, {range}, {page} of a wiki, {ref} for a branch, tag or commit, {path} for
// the rest, with its slashes, and {as} for what {ref} is: branch, tag or commit.
// Several templates may show the same thing; links are made with the first.
//
// The page repository alone follows the address of the server: it tells where
// repositories stand, for forges that do not put them at their full names. {owner}
// and {name} are the two parts of a full name, and {~owner} is an owner whose name
// begins with ~, written without it; any other sign may take its place.
type Pages map[Page][]string

// Page is something that a forge shows.
type Page string

// The pages.
const (
	PageRepository Page = "repository" // {owner} {name}
	PageIssue      Page = "issue"      // {number}
	PageChange     Page = "change"     // {number}
	PageDiscussion Page = "discussion" // {number}
	PageMilestone  Page = "milestone"  // {number}
	PageCommit     Page = "commit"     // {commit}
	PageFile       Page = "file"       // {ref} {path}, perhaps {as}
	PageFolder     Page = "folder"     // {ref} {path}, perhaps {as}
	PageRaw        Page = "raw"        // {ref} {path}, perhaps {as}
	PageHistory    Page = "history"    // {ref}, perhaps {as}
	PageCompare    Page = "compare"    // {range}, two refs with dots between them
	PageRelease    Page = "release"    // {tag}
	PageWiki       Page = "wiki"       // {page}
	PageIssues     Page = "issues"
	PageChanges    Page = "changes"
	PageReleases   Page = "releases"
	PageHome       Page = "home"
	PageWikiHome   Page = "wiki_home"
)
