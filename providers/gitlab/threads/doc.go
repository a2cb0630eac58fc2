// Package threads writes conversations to GitLab: issues, merge requests,
// discussions (as issues with a label), reviews, comments, reactions and the files
// that belong to them. It does not read them for a migration from there, and it
// knows nothing of releases and settings. Start at [Writer].
//
// What a person wrote stands under their own name when the token is an
// administrator's, who may act for others (Sudo), and otherwise under that of the
// token's owner, with a line of the package attribution that says who it was and
// when. Each text ends with a marker, by which Find knows what a run that was
// killed had made; whatever is half done is finished by writing it again.
//
// A Ref's ID is issue/12, merge_request/7, commit/SHA or snippet/4, with
// /note/5 or /thread/HEX/note/5 behind it for a note, /approval/3 for the approval
// of the user 3; an upload is upload/SECRET/NAME, and its URL the relative link
// that texts of the project use.
//
// # What the server does
//
// Found in GitLab's sources and in the description of its interface:
//
//   - Numbers and dates of issues and dates of notes are taken from those who have
//     the rights of an owner; what others say of them is passed over. With Sudo,
//     the rights are those of the person who is acted for (app/policies,
//     set_issue_iid, set_issue_created_at, set_note_created_at).
//   - An issue is closed at the updated_at of the request that closes it, where
//     that is taken (system_note_timestamp in app/services/issues/base_service.rb).
//   - Issues and merge requests are counted apart. Both counts go on from the
//     highest number that there ever was. Merge requests take neither number nor
//     date.
//   - The diff of a merge request is made by a background job. From then on its
//     commits are kept, whatever becomes of its branches; until then, diff_refs is
//     empty. It is computed anew when the target branch is set to another one, but
//     not of merge requests that are closed (reload_diff in
//     app/models/merge_request.rb).
//   - Nothing makes a merge request merged but a merge, or a push that brings its
//     head into its target branch while it is open. Of the latter, the server is
//     the one who merges, at that moment.
//   - Of one branch into another, one merge request may be open.
//   - Notes are shown in the order of their dates.
//   - A line that begins with a slash and the name of a command is carried out and
//     not shown, in descriptions and in notes, also when they are edited. Versions
//     differ in what they take for code (lib/gitlab/quick_actions/extractor.rb).
//   - A note at a line that did not change needs the numbers of that line on both
//     sides; several lines are named by the digest of the path and both numbers.
//   - Only members can write to what is locked. Only who may assign can assign, and
//     editions without a licence know one assignee and one reviewer.
//   - Nobody is mailed while the project has mail switched off, which the target
//     does. Who is assigned or asked for a review gets an entry in their list of
//     things to do; Finish marks it as done, when the token is an administrator's.
//     With other tokens the entries stay.
//   - An upload can be found by nobody but by who was told its address.
//
// # What it costs
//
// In requests, when nothing stands in the way, beside one for each person and
// project:
//
//	issue                       1, and 1 when it is closed, locked, or its author may not set labels
//	  of an author without rights of an owner, where a number is left out: 2 more
//	comment                     1, and 1 when it is resolved; a diff is read once
//	reaction                    1
//	review                      1, and 1 for an approval
//	attachment                  1
//	merge request, open         2
//	merge request, closed       4 (its branch is made and deleted)
//	merge request, merged       5; 9 or 10 when its target branch holds its commits
//	  until the server has made the diff of either: 1 for each look
//	number of a merge request   2 for each one that is left out
//
// # Why
//
// An author is worth more than a date: dates stand in a line of the text, and a
// line cannot make a search by author or a person's page complete. A number is
// worth more than an author, because others refer to it: when the server gives
// another number, the issue is made by the token's owner.
//
// To make everybody an owner for the time of the migration would bring all three.
// A run that is killed would leave it at that.
//
// A note by somebody who may not set dates is dated now. What is written after it
// under the same issue is not dated earlier, though its author could: the server
// would show the answer before the question.
//
// Merged merge requests are closed. The alternative, to create each while its
// target branch is moved back and then to push, would show them as merged by the
// token's owner today, and a killed run would leave the branch where it was.
//
// Merge requests whose commits are gone are made without commits. As issues they
// would take numbers from another count.
//
// Commands are put out of action by a space before them, in what looks like code
// too: a text can be written so that the server and a reader of its documentation
// disagree on what is code.
package threads
