// Package imports makes GitLab import by itself: it starts, finds, polls and
// cancels the jobs of GitLab's importers, and says beforehand what each of them
// brings. It moves nothing itself; what Drover writes through the ordinary API is
// the business of the package above it.
//
// Start at [New]. An [Importer] has the four calls of the contract that concern
// imports; [Importing] is what a description tells of them.
//
// # Names of jobs
//
// A job is named by what GitLab knows it by:
//
//	project/27                        the import that fills project 27
//	transfer/12                       direct transfer 12
//	gists?after=120&expected=3        the import of three gists, begun when the
//	                                  newest snippet of the user was 120
//	gists?expected=3&unsure=true      one that may have been started
//
// # What success is
//
// GitLab calls an import finished when it has nothing left to do, whatever became
// of single objects. So a job's state is GitLab's word for it, and HasFailures is
// made of what it tells besides: failures, objects that it fetched and did not
// store, and groups or projects of a transfer that did not come to a good end.
//
// # Why
//
// The import of gists has no job at GitLab: there is a yes, and later there are
// snippets. Counting those with an id above the newest of before is the one sign
// of progress that there is; that nothing more comes is told by nothing more
// coming. Asking GitHub for the gists instead would need its token here and would
// not say what GitLab did with them.
package imports
