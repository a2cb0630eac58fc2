// Package gitea is the provider of Gitea (1.22 and newer) and of Forgejo (9 and
// newer), whose interface is the same but for details.
//
// This package holds the target, but for conversations: repositories, git data,
// wikis, large files, settings, labels, milestones, members, protections,
// releases. Issues, pull requests and what stands under them are the business of
// the package threads below it, and the source is the package reading; both
// parts make their requests with the package api. Start at [New] and at target.
//
// # What the server does by itself
//
// Some of it shapes this package; the files of Gitea's source that show it are
// named:
//
//   - Refs below refs/pull are the server's own: its hook refuses a push to
//     them. refs/for makes a pull request of what is pushed there, and lists of
//     refs leave out refs/remotes. Such refs are kept below refs/drover, by
//     [places] of refname.go, and told under their own names
//     (routers/private/hook_pre_receive.go, modules/git/repo_ref_nogogit.go).
//   - Whoever may see an organization's new repository through a team of all
//     repositories watches it from the start, and is told of each issue and
//     release (services/repository/repo_team.go).
//   - A hook turns down all refs of a push for the sake of one.
//   - What a push brought is noted after its hook has run. Of a push that is cut
//     off before that, the server takes a repository for empty from then on
//     (services/repository/push.go).
//   - Forgejo lets nobody force a push to a protected branch.
//   - The wiki is a repository that exists once a page was made through the API.
//     Its branch is one that only the server chooses (services/wiki/wiki.go).
//   - A new repository runs workflows, unless that is switched off.
//   - A milestone that is changed without a date loses its date; a release that
//     is changed to an empty text keeps its text.
//
// # Why
//
// The mark that says for which source repository a repository was made is a ref,
// refs/drover/marker/IDENTITY. It cannot be edited on a page, as a description,
// a topic or a website can; it goes along when the repository is renamed or
// given to somebody else; the same request that lists the refs brings it; and it
// does not count as a branch, so that an empty repository stays an empty one.
// Whoever pushes a mirror over the repository removes it, and the repository is
// then not ours any more, which is right.
//
// A repository is private from its making until its settings are written, which
// is before its conversations are. It is not kept private until all is there:
// with an administrator's token people write in their own names, and the server
// lets only those do that who can see the repository.
//
// Nobody watches a repository that Drover made, unless notify asks for it. To
// let people watch and to keep the server from telling them is not possible.
//
// The account that migrates is put on the list of those who may push to a
// protected branch. Without it the second run could not push.
package gitea
