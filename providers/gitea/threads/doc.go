// Package threads writes conversations to Gitea and Forgejo: issues, pull
// requests, discussions (as issues with a label), reviews, comments, reactions
// and the files that belong to them. It does not read them for a migration from
// there, and it knows nothing of releases and settings. Start at [Writer].
//
// What a person wrote stands under their own name when the token is an
// administrator's, who may act for others, and otherwise under that of the
// token's owner, with a line of the package attribution that says who it was.
// Each text ends with a marker, by which Find knows what a run that was killed
// had made; whatever is half done is finished by writing it again.
//
// # What the server does
//
// Found in Gitea 1.26.0 and Forgejo 15.0.3, and tried there by the tests:
//
//   - No call takes a date. A merge is dated with the author date of the commit
//     that is named as its merge commit (services/pull/merge.go, MergedManually).
//   - Numbers are counted up and given once, also when what had them is deleted.
//     Where the count stands cannot be asked (models/db/index.go).
//   - Who may not write to issues can set a title and a text when making one; the
//     rest of the request is passed over (routers/api/v1/repo/issue.go).
//   - Pull requests are made by administrators, members of the owner and
//     collaborators only (services/pull/pull.go, NewPullRequest).
//   - refs/pull cannot be pushed to; the hook skips such refs (cmd/hook.go).
//     refs/pull/N/head is a copy of the head branch, taken when the pull request
//     is made and when somebody pushes to that branch while the pull request is
//     open; a branch that is new is looked at by Forgejo alone, and one that was
//     renamed by neither (services/repository/push.go).
//   - The merge base, from which the commits and the diff of a merged pull request
//     are shown ever after, is computed from the two branches: when the pull
//     request is made, when its base is set, and, as long as it is open, some time
//     after a push to either (services/pull/merge_tree.go). A base that holds the
//     head is refused (services/pull/pull.go, ChangeTargetBranch).
//   - Deleting a branch closes the open pull requests from it and into it, some
//     time later. Renaming it takes them along at once (models/git/branch.go).
//   - Of closed pull requests that were not merged, the page computes anew what
//     they show as long as their base branch exists (routers/web/repo/pull.go).
//   - Marking as merged closes the issues that the text says it fixes.
//   - Reviews that approve or reject are refused on closed pull requests, and
//     those of one's own pull request always (services/pull/review.go,
//     routers/api/v1/repo/pull_review.go). A request that fails at a comment of a
//     review leaves a draft with those before it.
//   - Positions of review comments are line numbers: new_position of the file as
//     it became, old_position as it was. There are no ranges, no comments on whole
//     files, and no call to answer a comment: an answer is another review with a
//     comment at the same line, and is shown there.
//   - Who made something, has commented or reviewed, watches the repository, or
//     subscribed is notified of everything in a thread but what they did
//     themselves, on the page and by mail; assignees by mail too. An explicit
//     unsubscription keeps both away. It is noted only for who would be notified
//     at that moment (models/issues/issue_watch.go). For the page, it is worked
//     out later whom to notify (services/uinotification/notify.go), for mail at
//     once (services/mailer/mail_issue.go).
//   - Whoever assigns themselves is not notified. Whoever is asked for a review is,
//     always. Owners of files (CODEOWNERS) are asked when a pull request that is
//     no draft is made, and when it stops being one (services/issue/pull.go).
//   - Only those who may write can comment on a locked issue or react there.
//   - Forgejo and older Gitea have no requests to lock, to unlock and to resolve a
//     conversation. Forgejo fails (500) when a branch is to be deleted that is not
//     there, and looks for owners of files in .forgejo, too.
//   - A pull request loses its milestone only when it is edited as an issue
//     (routers/api/v1/repo/pull.go passes over a 0).
//
// # Why
//
// Merged pull requests are made as if they were merged now: against a temporary
// branch at the commit from which they started, because their own base branch
// holds them already, and then given their base by way of a head that is not
// theirs (see rebase in end.go). This leaves three lines in their timelines. The
// alternatives were to move the base branch back and forth, which a killed run
// would leave where it was, to show another branch's name for good, or to have
// nothing in the diff. Squashed and rebased ones need none of this.
//
// A pull request is marked as merged or closed when its record is written, before
// its reviews are: a lane has no end that a target is told of. Approvals of such
// pull requests are therefore comments that say so. To leave all of them open
// until Finish would show a wrong state, and thousands of branches, for as long
// as a migration runs.
//
// People who took part are unsubscribed from what was migrated, and stay so.
// Subscribing them again at the end would notify them of what the server has not
// worked off by then.
//
// Locked issues are unlocked for the moment in which somebody speaks there who
// could not otherwise, rather than to let the token's owner speak for them. Whether
// a run was killed in that moment is told by the version that the issue had: when
// unlocking is all that happened to it since, it is locked again. Somebody who
// unlocks an issue at the target just then has to do so once more.
//
// Sub-issues are named in the text. Dependencies come close, but an issue with an
// open dependency cannot be closed.
package threads
