// Package body says what the answers of Bitbucket Server and Data Center mean in
// the words of package schema. It is pure: it asks nothing.
//
// # Tasks
//
// A task becomes a comment whose text is an item of a list with a box, ticked when
// the task is done: "- [ ] rename it". Every forge shows that as a task, and none
// has tasks that stand in a thread.
//
// # Files in texts
//
// An upload leaves "attachment:12/34" in a text: the id of the repository and of
// the file, a scheme that nobody but the server understands. [Text] writes the
// address of the file instead, which is the one by which the file's record is known
// and by which a browser finds it. Nothing else in a text is touched, and nothing
// in code.
package body
