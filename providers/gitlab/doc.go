// Package gitlab is the provider of GitLab (16.0 and newer) and GitLab.com.
//
// This package holds the target, but for conversations and imports: names,
// namespaces, projects, git data, wikis, large files, settings, labels, milestones,
// members, protections, releases, snippets. Issues, merge requests and what stands
// under them are the business of the package threads below it, imports that the
// server carries out by itself that of the package imports, and the source is the
// package reading; all make their requests with the package api. Start at [New] and
// at target.
//
// # What the server does by itself
//
// Some of it shapes this package; the files of GitLab's source that show it are
// named:
//
//   - Refs below refs/merge-requests, refs/keep-around and some more are the
//     server's own: it refuses a push to them. Such refs are kept below refs/drover
//     and told under their own names. Any other ref is taken.
//   - A pre-receive hook turns down all refs of a push for the sake of one.
//   - The default branch is protected when it is first pushed
//     (app/services/projects/protect_default_branch_service.rb). That rule gives
//     way to what the source has.
//   - Former paths of a project lead to it, until another one takes them
//     (app/models/concerns/routable.rb).
//   - Who may make issues with numbers and dates, and switch mails off, is an owner
//     of the project or an administrator (app/policies/project_policy.rb). From
//     others the server takes such wishes and passes them over in silence.
//   - A push runs pipelines. Builds are switched off while a migration runs.
//   - A protected branch cannot be deleted by a push, whoever pushes.
//
// # Notes at the server
//
// What a later run must know is told at the server, in refs whose commits have it as
// their message: for which source repository a project was made (refs/drover/marker),
// how it was before it was kept quiet (refs/drover/quieted), which rules over branches
// are lifted (refs/drover/lifted), and that it is to be archived
// (refs/drover/archived). Each is written before what it tells of is done, and taken
// away after it is undone, so that a run that was killed is made good by the next
// one, on whichever machine.
//
// # Why
//
// The mark is a ref because nothing else that is part of a project is out of the
// sight of people and cannot be edited by accident: descriptions and topics are
// shown, and custom attributes take an administrator. It goes along when the project
// is renamed or moved, and does not count as a branch, so that an empty project
// stays an empty one.
//
// Rules are lifted only after the server has refused a ref for which there is one.
// To tell beforehand what it will refuse would need all of its rules, and those of
// its versions, here.
//
// An administrator of the source's repository becomes a Maintainer. Owners can
// delete a project and give it away, which a migration should not let anybody do
// who was not told so.
package gitlab
