// Package threads reads what has a number on Bitbucket Cloud: issues, then pull
// requests, each followed by all that stands under it: reviews, comments, what was
// changed when, and files.
//
// Start at [Read]. Which repository is meant, and whether anything changed, is the
// business of package bitbucketcloud; the requests are made by package api.
//
// # Two sequences
//
// Issues and pull requests are numbered each by themselves: there is an issue 12 and
// a pull request 12. Ids are therefore the paths of the REST interface:
//
//	issues/12                         an issue
//	issues/12/comments/34             a comment on it
//	issues/12/changes/34/state        what one change did to one field
//	issues/12/attachments/a.png       a file, which is known by its name
//	pullrequests/7                    a pull request
//	pullrequests/7/comments/34        a comment on it, or on its diff
//	pullrequests/7/participants/{…}   the verdict of a participant
//	pullrequests/7/reason             why it was declined
//	pullrequests/7/state              that it was merged, declined or superseded
//	…/images/0a1b…                    a picture that a text shows, by its address
//
// # Requests
//
// A list brings fifty pull requests, or a hundred issues, with all that belongs to
// them alone. An issue then takes a request for its comments, one for its changes
// when it has comments (a change is a comment, often without text), and one for its
// files; a pull request one for its comments and one for its tasks when it has any.
// Of commits, pull requests tell the first twelve digits. What the branches and tags
// do not complete is asked for, one request a commit, but never twice: a merge commit
// is asked for first, as its parents are most often the two others.
//
// # How things are told
//
// State, kind, priority, component and version of an issue are labels, "state:on
// hold"; package bitbucketcloud yields them. Votes and watchers are a line under the
// text. Tasks are lines with a checkbox under the comment, or the pull request, that
// they belong to. A deleted comment is left out unless it was answered.
//
// # Incremental readings
//
// A reading with Since lists what was updated since. Comments, verdicts, tasks and
// edits move the time of their thread. When there are fewer issues than there should
// be, all numbers are listed to tell what was kept; pull requests cannot be deleted.
//
// # What is lost
//
// How the title, the text and the commits of a pull request changed over time,
// earlier versions of texts, who voted for or watches an issue, and comments on
// single commits, which are listed by commit only.
package threads
