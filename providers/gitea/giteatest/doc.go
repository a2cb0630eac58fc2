// Package giteatest is a stand-in for Gitea 1.26: its API, and git with Git LFS
// over HTTP, over one model in memory and bare repositories in a folder. Tests of
// the Gitea provider, the examples and people who write programs against Gitea use
// it where a real server would be slow, hard to look into, or not there.
//
// Start at New. A Server has an address, users with tokens, a Model to look into,
// and means to make it slow or faulty. It is no server for real data: it forgets
// everything, and it checks neither passwords nor sizes.
//
// # What holds it to the truth
//
// Each request and each answer is compared with Gitea's own description of its API
// (package contracttest); what differs is in Violations. Where the real server
// differs from its description, contract.go names the exception. A session that was
// recorded from a real server is replayed against the stand-in, and the test
// TestAgainstGitea runs one script of requests and pushes against both
// (testdata/script.txt), when DROVER_TEST_GITEA names the program of a real Gitea.
// Where they disagree, the real server is right.
//
// # What nobody may be told
//
// The model keeps a list of everybody whom Gitea would have notified, on its pages
// or by mail, and why (Model.Notified), by the rules of its notifiers. A migration
// that leaves it empty bothers nobody.
//
// # Why
//
// The mark of a good stand-in is not how much it does but that it does nothing
// differently. What is not used by a migration is absent and answers 404 with a
// violation, rather than present and almost right.
//
// Merging, comparing and counting are done by git, as in Gitea. Answers are built
// as maps: the names in them are those of the API's description, which checks
// them, and a second set of structs would say nothing more.
package giteatest
