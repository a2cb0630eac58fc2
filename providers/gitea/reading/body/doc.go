// Package body says what the answers of Gitea's interface are in the vocabulary of
// records: people, labels, issues, comments, lines of a timeline, and the files
// that texts link to. It is a package of pure functions: it asks nobody, and what
// is read when is the business of the packages reading and threads beside it.
//
// # People
//
// A person is the id, the login and the full name. The e-mail address is left
// out: the server shows the real one in some answers and a made-up one in others,
// to the same reader. What was imported from another server, by somebody without
// an account, has a name and nothing else: logins of elsewhere are not logins of
// here.
//
// # What is left out because it moves by itself
//
// The times of change of repositories, milestones, issues and pull requests, and
// the commit that a base branch stands at: they change when nothing of the record
// did, and the record would be written again.
package body
