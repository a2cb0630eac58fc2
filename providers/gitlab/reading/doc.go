// Package reading is the source part of the provider of GitLab: which project or
// group is meant, what is cheaply known of many, git data, and the streams of
// records. It changes nothing at the server.
//
// Start at [Open]. Issues and merge requests with all that stands under them are
// read by package threads, and what an answer means is said by package body; the
// requests themselves are made by package api of the provider.
//
// # Texts stay as they are
//
// What Drover wrote to a server carries a line that says who wrote it first, and a
// mark that names where it came from. A reading of that server leaves both in: they
// are part of what people see there, and a migration is faithful to that. Refs below
// refs/drover, which are Drover's own notes, are not carried.
//
// # Identity
//
// A project is its permanent number, a group the number after "group:". Both are
// looked up anew whenever something is read, so that a rename or a transfer is
// followed, and a stranger who took the old path is not.
//
// # Groups
//
// A group has facts and nothing to read: it moves by the server's own direct
// transfer, which GitLab as the target starts. Its facts count what is in it.
//
// # Streams
//
// base holds the settings, labels and milestones (those of the groups above are
// among them, for issues have them), members of the project itself, and rules over
// branches and tags. releases holds releases with their assets, snippets holds
// snippets with their files and comments. These are read as a whole: they take a
// request or two for each sort of thing. issues and changes are read from where they
// were left. Issues and merge requests count separately, so that there are an issue
// 5 and a merge request 5; they have no common last number.
//
// What can be told only as a list of names is a Loss of the stream base.
//
// # Whether something changed
//
// The server's own validators hold for single answers. That of base and releases is
// the digest of what a reading would yield, that of snippets the digest of their
// list; each takes the few requests of the reading itself. That of issues and of
// changes is made of how many there are and of those that changed last, which is one
// request. Altogether a look takes a dozen.
package reading
