// Package threads reads what has a number on Gitea and Forgejo: issues and pull
// requests, each followed by all that stands under it: reviews with their remarks,
// comments, the lines of its timeline, and its files.
//
// Start at [Read]. Which repository is meant, and whether anything changed, is
// the business of the package reading; what an answer means, of the package body.
//
// # How it reads
//
// The server's list of threads has one order, the last made first, and no cursor:
// pages shift while people work. So the list is read first, for numbers alone, and
// again when it changed meanwhile. Then the threads are read by number, in
// ascending order and several at once. The cursor is a number.
//
// A thread takes a request for itself and for its timeline, one for its comments
// when it has any, one for the reactions to it and to each comment, which no list
// counts; a pull request two more, and one for each review with remarks.
//
// # Ids
//
// A thread's id is its number. An id below it is the number and an anchor, so that
// a single record can be picked without a table of what is where:
//
//	12                    an issue or pull request
//	12#issuecomment-34    a comment, or a remark of a review: they share ids
//	12#review-56          a review
//	12#event-78           a line of the timeline
//	12#attachment-UUID    a file
//
// # Incremental readings
//
// A reading with Since asks for the threads and for the comments that were changed
// since, and reads their threads whole. All but a few changes move a thread's own
// time: whatever leaves a line in its timeline does. When threads are fewer than
// they should be, all numbers are listed to tell what was kept. When comments are,
// everything is read: the server does not tell where one was deleted.
//
// What remains unseen until its thread changes in another way, or everything is
// read again: reactions, edited reviews and remarks, resolved conversations, and
// files that were added to a thread or removed from it.
//
// # What is lost
//
// Reactions to reviews, the files of remarks that their text does not link to,
// whether a remark's place is out of date, whom a team was asked for, the branch
// that an issue belongs to, and estimates of time. Dependencies and tracked time
// are told as lines of the timeline.
package threads
