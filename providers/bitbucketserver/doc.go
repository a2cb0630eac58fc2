// Package bitbucketserver is the provider of Bitbucket Server and Bitbucket Data
// Center, as a source. It changes nothing at the server. Bitbucket Cloud is another
// product with another interface.
//
// Start at [New]. Pull requests with all that stands under them are read by package
// threads, what an answer means is said by package body, and the requests themselves
// are made by package api.
//
// # Identity
//
// A repository is its permanent id. The server cannot be asked by it, so the plan's
// name is asked, and the answer counts only when it has the right id; otherwise all
// repositories that the token sees are searched for it. A repository that was moved
// is therefore followed, and a stranger who took the old name is not.
//
// # Heads of pull requests
//
// The server keeps the commits of a pull request for ever, and lists refs for open
// ones at most. So the head of each is taken from the list of pull requests, fetched
// by its id, and kept as refs/pull-requests/N/from. That list is read on every plan,
// a hundred with each request; it also tells exactly whether something changed.
//
// # Streams
//
// base holds the settings, members and rules over branches, and is read as a whole.
// threads holds pull requests, and is read from where it was left. The product has no
// issues, milestones, releases or wiki. Labels are those of repositories, which other
// forges call topics. What can be told only as a list of names is a Loss of base.
package bitbucketserver
