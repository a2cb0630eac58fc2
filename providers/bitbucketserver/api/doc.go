// Package api makes the requests of Bitbucket Server and Data Center that a
// migration needs, one method each, and says what refusals mean. It decides
// nothing about what is carried.
//
// Start at [New]. Answers have the server's own names; what a record becomes is
// said elsewhere.
//
// # Versions
//
// Paths name the version latest, which all servers since 5.5, the first with
// access tokens, take for the same interface. What came later is absent from the
// answers of older servers, and what was removed is absent from newer ones: tasks
// are members of comments before 7.2 and comments of severity BLOCKER since, likes
// end with 9.0 where reactions take their place.
//
// # Refusals
//
// This server answers 401 to whoever is not signed in, and also to whoever is
// signed in and lacks a permission; the name of the exception tells them apart. What
// somebody may not see at all is answered 404 in some places and 401 in others.
package api
