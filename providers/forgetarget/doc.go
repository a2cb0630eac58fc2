// Package forgetarget holds what the targets on forges have in common: writing a
// record as one object that is noticed to have changed, moving refs one by one,
// names that a forge takes, and what a failure means. It speaks to no forge and
// keeps nothing on disk.
//
// Start at [Store] for records and at [Mover] for refs.
//
// # Why
//
// Each forge has objects of its own, and the rule by which a record meets one is
// the same for all: what somebody changed at the target is left alone. A second
// copy of that rule would soon be another rule.
package forgetarget
