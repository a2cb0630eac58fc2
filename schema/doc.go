// Package schema is the vocabulary of a migration: the kinds of object a forge
// holds, the record that carries one of them, the plan as a program sees it
// after its files were read, and what the state remembers of a resource.
//
// It holds plain structs with JSON tags and small pure functions. It does no
// I/O and imports the standard library only, so that a provider, the engine,
// the state and the command line can all share it. Start with Record, then
// Migration.
//
// # Adding a kind
//
//  1. Add the constant and its row in the table of kind.go.
//  2. Add a struct in a file of its own, every field documented.
//  3. Add a case to NewBody.
//  4. Add an example to testdata/kinds/KIND.json.
//  5. Write it in docs/archive.md.
//
// A test fails when one of these is missing.
//
// # Why
//
// Bodies are JSON of these structs on the wire, in an archive and in the
// tests: one shape, readable from any language, instead of a second set of
// messages in the protocol. Fields that only one forge has stay readable to
// others, because a body that nobody rewrites travels as the bytes it came in.
package schema
