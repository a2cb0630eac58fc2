// Package github is the provider of GitHub.com and GitHub Enterprise Server: a
// source of repositories with all that stands around their code, and of gists.
//
// Start at [New]. What is asked is in package api; issues, pull requests and
// discussions with all that belongs to them are read by package threads; files
// that texts link to are found by package attachments. This package holds the
// rest: which repository is meant, what is cheaply known of many, git data, and
// the streams of what does not grow by the day.
//
// # Identity
//
// A repository is its permanent database id, a gist its id. Names are looked up
// anew whenever something is read, so that a rename or a transfer is followed,
// and a stranger who took the old name is not.
//
// # Streams
//
// base holds the settings, labels, milestones, members, rules over branches and
// tags, and comments on commits; of a gist, its text and comments. releases holds
// releases with their assets. Both are read as a whole: they cost a request for
// each hundred objects, what is known already costs the engine nothing, and
// GitHub tells neither what was deleted nor, of most, when it changed. threads
// holds everything that has a number, and is read from where it was left.
//
// What can be told only as a list of names (secrets, webhooks, packages, ...) is
// a Loss of the stream base.
//
// # Why
//
// A single record is read by REST where a list of a hundred costs one request
// and holds what is needed, and by GraphQL where REST would ask once for each
// object: who reacted, what a rule allows, and everything in threads. Whether
// something changed is asked by GraphQL alone, of many repositories at once.
package github
