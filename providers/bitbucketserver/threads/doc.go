// Package threads reads the pull requests of a repository on Bitbucket Server or
// Data Center, each followed by all that stands under it: comments with the replies
// to them, tasks, reviews, the lines of its history, and its files.
//
// Start at [Read], and at [Look] for what is cheaply known of all. Which repository
// is meant is the business of package bitbucketserver; what an answer means, of the
// package body.
//
// # How it reads
//
// The list of pull requests is read first, for numbers alone; what changes meanwhile
// comes twice and is not missed. Then they are read by number, in ascending order
// and several at once. The cursor is a number. A pull request takes a request for
// itself and one for each hundred of its activities, in which comments stand with
// their replies; a server that tells only how many like a comment is asked who.
//
// # Ids
//
// The id of a pull request is its number. An id below it is the number and an
// anchor, so that a single record can be picked without a table of what is where:
//
//	12                a pull request
//	12#comment-34     a comment, a reply, or a task since 7.2
//	12#task-5         a task of a server before 7.2
//	12#activity-67    a review, or a line of the history
//	12#activity-67-2  the second of several reviewers who were asked at once
//	12#reviewer-8     the review of somebody whose activity is not told
//	12#file-HASH      a file
//
// # Incremental readings
//
// A reading with Since reads the list as a whole, and those pull requests again that
// changed after the earlier reading or are new; all others are told as kept, so that
// what was deleted shows. The list also tells how many comments and tasks each has
// and who approved. That is kept as one number for each of [buckets] sets of pull
// requests; where it differs and nothing in the set seems to have changed, the set is
// read again.
//
// What remains unseen until its pull request changes in another way, or everything
// is read again: edited comments, reactions, and resolved threads, where the server
// does not move the time of the pull request for them.
//
// # What is lost
//
// Comments that were begun and not published, and activities of kinds that are not
// known, both told as losses.
package threads
