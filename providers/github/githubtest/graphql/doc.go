// Package graphql answers GraphQL queries over a Go object graph as GitHub's
// API does: the same validation, the same limits, the same shape of errors.
//
// It knows the language and GitHub's conventions (connections, cursors, node
// limits, costs), and nothing of repositories or issues: those are resolvers
// of the package that imports it. It serves tests and answers queries only;
// there are no mutations, no subscriptions and no introspection beyond
// __typename.
//
// A request takes two steps, so that its price is known before it runs:
//
//	op, errs := schema.Prepare(request) // parse, validate, coerce variables, count nodes and cost
//	answer := op.Execute(ctx, root, options)
//
// # Why an executor of our own
//
// The executors there are for Go want generated code or a hand-written schema.
// Here the schema is GitHub's own file, 60,000 lines of which a migration
// reads a small part, and the point of the stand-in is to be as strict as the
// original about all of it. So documents are validated against the whole
// schema, resolvers exist for what is read, a field without a resolver is an
// error that says so, and every value a resolver returns is checked against
// the schema before it is sent.
package graphql
