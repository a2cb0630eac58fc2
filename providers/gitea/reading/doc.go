// Package reading is the source part of the provider of Gitea and Forgejo: which
// repository is meant, what is cheaply known of many, git data, and the streams
// of records. It changes nothing at the server.
//
// Start at [Open]. Issues and pull requests with all that stands under them are
// read by package threads, and what an answer means is said by package body; the
// requests themselves are made by package api beside this one.
//
// # Texts stay as they are
//
// What Drover wrote to a server carries a line that says who wrote it first, and a
// mark that names where it came from. A reading of that server leaves both in: they
// are part of what people see there, and a migration is faithful to that. Refs
// below refs/drover, which are Drover's own notes, are not carried.
//
// # Identity
//
// A repository is its permanent id. It is looked up anew whenever something is
// read, so that a rename or a transfer is followed, and a stranger who took the
// old name is not.
//
// # Streams
//
// base holds the settings, labels (those of an organization are labels of each of
// its repositories), milestones, members, and rules over branches and tags.
// releases holds releases with their files. Both are read as a whole: they take a
// request or two for each sort of thing. threads holds everything that has a
// number, and is read from where it was left. What can be told only as a list of
// names is a Loss of the stream base.
//
// # Whether something changed
//
// The server has no validators. That of base and releases is the digest of what a
// reading would yield, which takes the same few requests as the reading itself.
// That of threads is made of how many there are and of when the last changed. Lists
// are in the order of creation, so the moment of the last change is looked for by
// asking what changed since; the answer is kept in the ETag, and a repository that
// did not change is known by asking once. Altogether that is a dozen small requests.
//
// # Forgejo
//
// What Forgejo and Gitea have in common is by far the most. Where they differ, the
// fields of one are absent from the answers of the other: assets that are links
// (Forgejo), forced pushes to protected branches and licenses (Gitea). Nothing is
// asked of one server only, so that the version need not be known.
package reading
