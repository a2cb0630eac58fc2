// Package forgesource holds what the sources of forges have in common before and
// beside the records: what settings say, lists of what there is, the answers to an
// inspection, and what stands in a repository and fits no record. It speaks to no
// forge. How records are yielded is the business of the package stream, git data of
// forgegit.
//
// Start at [Discover] and [Inspect], which the methods of a source of the same names
// return.
package forgesource
