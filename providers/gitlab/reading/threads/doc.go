// Package threads reads what has a number on GitLab: issues, and merge requests,
// each followed by all that stands under it: notes and threads of notes, approvals,
// what happened to it, and files that its texts link to.
//
// Start at [Read]. Which project is meant is the business of the package reading;
// what an answer means, of the package body.
//
// # How it reads
//
// Issues and merge requests have a sequence of numbers each, so each is a stream of
// its own. The server's lists are in the order of dates, and somebody who imports
// chooses dates; a target may need the order of the numbers. So the list is read
// first, for numbers alone, and then the threads by number, in ascending order and
// several at once. The cursor is a number.
//
// A list is read in windows: when a page was read, the next question is for what was
// made at the moment of its last item or later. Pages therefore never get deep,
// which the server refuses after fifty thousand items, and what is deleted meanwhile
// shifts nothing.
//
// An issue takes seven requests: itself, its emoji, its discussions, its links, and
// what happened to its state, labels and milestone. A merge request takes seven too,
// with its approvals in place of links, and one more when there are reviewers. Each
// note takes one for its emoji: no list tells whether there are any.
//
// # Ids
//
// A thread's id is its number. An id below it holds the number too, so that a single
// record can be picked without a table of what is where:
//
//	12                              an issue, or a merge request
//	issues/12#note_34               a note of an issue
//	merge_requests/12#note_34       a note of a merge request
//	merge_requests/12#approval_5    the approval of a user
//	merge_requests/12#refusal_5     a user wants changes
//	issues/12#state_6               what happened; also label_, milestone_, link_
//	issues/12#times                 time that was estimated and spent
//	issues/12#upload_SECRET-SUM     a file
//
// # Incremental readings
//
// A reading with Since asks for what was changed since, and reads those threads
// whole. The server moves the time of a thread once a minute at most when a note is
// written, so a reading goes back a little further than that. Where there are fewer
// threads than there should be, all numbers are listed to tell what was kept.
//
// What remains unseen until its thread changes in another way, or everything is read
// again: emoji, deleted notes, links and time that leave no note, and that the branch
// of a merge request was deleted.
//
// # What is lost
//
// Notes in which the server says what happened: what they say of state, label and
// milestone is carried as events. Drafts of reviews, which only their author sees.
// Comments on commits, which the server lists by commit only. Places in images stand
// for the whole image. Older versions of a merge request's diff: their commits are
// not among the refs that the server gives out.
package threads
