// Package planfile reads plan files: it turns the *.plan.hcl and
// *.plan.hcl.json files of a folder into a [schema.Migration], or into
// diagnostics that show where the mistakes are. It is the only package that
// knows HCL and cty; what leaves it is plain values. It does not decide what
// is to be done, speak to a forge (it asks through [Environment]), or read a
// secret.
//
// Start with [Read]. It works in the order in which things can be known:
//
//  1. parse.go: files to blocks; headers, duplicates
//  2. variables.go: the values that the caller gives
//  3. scope.go: what an expression may name; locals, discover blocks and
//     connections are evaluated when something first names them
//  4. level.go, vocabulary.go: what each block says about repositories,
//     checked against what the two providers described
//  5. repository.go, instance.go: for_each expanded, levels merged
//  6. moved.go: addresses that changed, are forgotten or taken over
//
// What the plan says of its own changes and results is looked through then, and
// judged when they are known: [Plan.Policies] when the engine has planned,
// [Plan.Postconditions] and [Plan.Outputs] when it has applied.
//
// # Why
//
// Blocks are kept as flat lists of settings with dotted names, so
// "lifecycle.on_orphan" is a setting like any other. Merging nested blocks
// attribute by attribute, going back a level with null, --set and the list of
// origins are then the same loop over names. Decoding each block with hcldec
// into one object, the alternative, needs all of these once per nesting.
//
// A mistake is reported once. What it leaves without a value is unknown from
// then on, and expressions over unknown values are checked as far as they can
// be and otherwise left alone. A discovery that was not asked works the same
// way, which is all that checking a plan offline takes.
//
// Plan files come with pull requests, so they are read as hostile input. Files
// that a plan names are read inside its folder only, symbolic links included;
// nesting is bounded before the parser sees it; literal credentials never
// appear in an excerpt; and no expression can ask for the time, the
// environment or chance.
package planfile
