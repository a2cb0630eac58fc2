// Package forgetarget holds what the targets on forges have in common: handing out
// records by their kinds, writing one as an object that is noticed to have changed,
// finding objects again, making repositories that a killed run can go on with,
// moving refs one by one, names that a forge takes, and what a failure means. It
// speaks to no forge and keeps nothing on disk: what is asked of the server, and in
// which order, is for the target to say.
//
// Start at [Writer] and [Store] for records, at [Finder] for what stands there, at
// [Noun] for repositories, and at [Push] for refs.
//
// # Why
//
// Each forge has objects of its own, and the rule by which a record meets one is
// the same for all: what somebody changed at the target is left alone. A second
// copy of that rule would soon be another rule.
//
// There is no target here that is made a forge's by functions put into it. The order
// of steps is what makes a kill between two of them harmless, and it depends on what
// the server does by itself; so each target shows its own.
package forgetarget
