// Package body says what the answers of GitLab's interface are in the vocabulary of
// records: people, settings, labels, issues, merge requests, notes, events, and the
// files that texts link to. It is a package of pure functions: it asks nobody, and
// what is read when is the business of the packages reading and threads beside it.
//
// # People
//
// A person is the id, the user name and the name. E-mail addresses are left out:
// the server shows them to administrators only, so that two tokens would read two
// different records. An author whom the server does not name is the ghost, as it
// shows people who left.
//
// # What is left out because it moves by itself
//
// The times of change of projects, milestones, issues, merge requests and notes, and
// whether a branch can be merged: they change when nothing of the record did, and
// the record would be written again.
package body
