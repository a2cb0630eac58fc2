// Package bitbucketcloud is the provider of Bitbucket Cloud: a source of
// repositories with all that stands around their code.
//
// Start at [New]. What is asked is in package api; issues and pull requests with all
// that belongs to them are read by package threads; what of Bitbucket's Markdown
// others do not read is made readable by package markup. This package holds the rest:
// which repository is meant, what is cheaply known of many, git data, and the stream
// of what does not grow by the day.
//
// # Identity
//
// A repository is its UUID. Names are looked up anew whenever something is read, so
// that a rename or a move to another workspace is followed, and a stranger who took
// the old name is not.
//
// # Streams
//
// base holds the settings, labels, milestones, members, and rules over branches, and
// is read as a whole: it takes a request for each of them. threads holds issues and
// pull requests, and is read from where it was left. What can be told only as a list
// of names (webhooks, deploy keys, downloads, ...) is a Loss of the stream base.
//
// # Heads of pull requests
//
// Bitbucket Cloud has no refs for pull requests. Where a branch is gone, or is in a
// fork, only a commit is left, of which the interface tells twelve digits. An export
// completes them with what the mirror holds, asks for those that it does not hold,
// and keeps each under refs/pull-requests/NUMBER/from. Commits that the server no
// longer gives are told as a Loss.
//
// Which refs these are is known only once the repository is mirrored, so Inspect
// tells no refs of a repository with pull requests, and says by its ETag whether
// anything changed.
//
// # Why
//
// A thousand requests an hour is little. Inspect therefore takes four of a repository
// without issues, nine of one with them, and never asks about single pull requests.
package bitbucketcloud
