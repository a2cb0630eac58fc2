// Package gitlabtest is a stand-in for GitLab 18: its API, and git with Git LFS
// over HTTP, over one model in memory and bare repositories in a folder. Tests of
// the GitLab provider, the examples and people who write programs against GitLab
// use it where a real server would be slow, hard to look into, or not there.
//
// Start at New. A Server has an address, users with tokens, a Model to look into,
// and means to make it slow, faulty or tired of a client. It is no server for real
// data: it forgets everything, and it checks neither passwords nor sizes.
//
// # What holds it to the truth
//
// Each request and each answer is compared with GitLab's own description of its API
// and with what GitLab's Go client says where that has nothing (package
// contracttest); what differs is in Violations. Where the real server differs from
// its description, contract.go names the exception; what neither describes is named
// there too. Answers that were recorded from gitlab.com have the stand-in's shape
// (TestRecordings).
//
// # What nobody may be told
//
// The model keeps a list of everybody whom GitLab would have notified, by mail or on
// the list of things to do, and why (Model.Notified), by its rules. A migration that
// leaves it empty bothers nobody.
//
// # Imports
//
// Its importers really import, in the background: from the stand-ins of GitHub and
// Bitbucket, or whatever else speaks their interfaces, and by direct transfer from
// another server of this package. Server.DuringImports holds them, breaks them and
// lets them time out at any step. A transfer reads the ordinary API of its source
// and not the exports of relations that GitLab's reads; what it answers is the same.
//
// # Why
//
// The mark of a good stand-in is not how much it does but that it does nothing
// differently. What is not used by a migration is absent and answers 404 with a
// violation, rather than present and almost right.
//
// Merging, comparing and counting are done by git, as in GitLab, and so is the
// refusal of pushes, by a hook. Answers are built as maps: the names in them are
// those of the API's description, which checks them, and a second set of structs
// would say nothing more.
package gitlabtest
