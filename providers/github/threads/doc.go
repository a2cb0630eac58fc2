// Package threads reads everything on GitHub that has a number: issues, pull
// requests and discussions, each followed by all that stands under it: reviews,
// comments, the lines of its timeline, and the files that its texts link to.
//
// Start at [Read]. The engine's side of it is described in package providers;
// which repository is meant, and whether anything changed, is the business of
// package github. This package asks GraphQL, and REST only for the type of an
// issue, which the public schema does not have and only organisations give.
//
// # Numbers instead of pages
//
// GitHub's lists are ordered by time of creation, and that is not the order of
// numbers: issues that were transferred or imported keep their dates. So threads
// are asked for by number, some fifty in one request, from 1 to the highest; a
// number without a thread was deleted. The cursor is a number, requests for
// different numbers run side by side, and any thread can be asked for again.
//
// One request brings the first comments and lines of each thread. What is longer,
// and what only few threads have (reviews, reactions, replies, sub-issues), is
// fetched afterwards for all threads of the request together. When the server
// fails or gives up, half as many numbers are asked for, down to one.
//
// # Ids
//
// A thread's id is its number: it is as permanent in its repository as GitHub's
// database id, is never given again, and it is what GitHub finds a thread by. An
// id below it is the number and the anchor that GitHub links to:
//
//	12                        an issue, pull request or discussion
//	12#issuecomment-34        a comment
//	12#discussion_r56         a comment on a diff
//	12#pullrequestreview-78   a review
//	12#discussioncomment-90   an answer in a discussion
//	12#EVT_lADO…              a line of the timeline, by its global id
//	12#attachment-0a1b…       a file, by the address of its content
//
// The numbers after the anchors are database ids, of different sequences; the
// anchor keeps them apart. With the thread's number in front, a single record can
// be picked without a table of what is where.
//
// # Revisions
//
// A revision is the digest of the body. GitHub's times of change miss reactions,
// resolved conversations and who is pinned, and move when nothing of the record
// changed: a comment moves its issue's. For the same reason updated_at in a body
// is when the text was last edited; a thread's own time of change is in no body.
//
// # Incremental readings
//
// A reading with Since lists what GitHub says was updated, newest first, and reads
// those threads whole. When there are fewer threads than there should be, something
// was deleted, and the numbers of all threads are listed, a hundred a request, to
// tell what was kept.
//
// Not everything moves a thread's time of change. A reference to it from another
// thread does not; so the texts that were written since the last reading are
// searched for references, and the threads they name are read too. Of discussions
// and issues, what is pinned is compared. What remains unseen until its thread
// changes, or everything is read again: reactions, resolved conversations, folded
// comments, and references from other repositories and from commits.
//
// # What is lost
//
// Classic project boards, who subscribed and who was mentioned, reactions on
// reviews, upvotes and polls of discussions, and requests to teams except as
// lines of the timeline.
package threads
