// Package history rewrites the history of a git repository: who made commits
// and tags, what becomes of large files, and the commit ids that messages
// mention.
//
// [Rewrite] derives one bare repository from another and leaves that other as
// it is. [FindLarge] and [Preview] tell beforehand which files are large, and how
// many commits a rewrite would change. [OpenMap] reads which commit became which.
//
// It does not fetch or push, and it does not decide who is who: it is given a
// function for that. Runs of git are left to providers/gitrepo, the form of
// packs to providers/gitpack.
//
// # What callers may rely on
//
// A commit or tag changes only if something in it has to: a person, a file
// in its tree, an id that it names, or one of its ancestors. All others keep
// their bytes, however odd, and so their ids. What a commit becomes depends on
// that commit and its history alone, so that reading a source in one go or in
// a hundred steps ends in the same ids. There is one exception: a mention of
// a commit that was fetched later than the message that mentions it stays as it
// is.
//
// A call that is killed at any instant is completed by the next one. Until
// then the result is what the call before left.
//
// # What becomes of people
//
// Authors, committers and taggers are mapped, and nothing else of their
// lines: dates stay as they are, even impossible ones. A name is written in the
// encoding that the commit declares; where that encoding cannot hold it, the
// whole commit becomes UTF-8. With [Options.Trailers], so do the lines of a message
// that have the form "Signed-off-by: NAME <ADDRESS>": any word that ends in
// -by, and Cc. They may stand anywhere, because squashed commits keep the
// trailers of each of their parts.
//
// Signatures of commits and tags that change are dropped and counted, and so
// are tags that a merge quotes when the tagged commit changes. All others
// still hold and stay.
//
// # What becomes of commit ids
//
// A full id, or an abbreviation of at least seven digits, that names a
// commit of the repository is replaced by what that commit became, at the same
// length; it grows only while another ancestor of the commit at hand would be
// meant as well. What merely looks like an id stays: an abbreviation counts
// only if it holds digits and letters both (dates, ticket numbers and words
// such as "defaced" do not), stands alone, and names exactly one commit that is
// not younger than the message, for nobody mentions what is not there yet. Ids in URLs
// stay, because the server that the URL names knows the commit as it was. Ids in
// notes and in the names of replacements follow.
//
// # What becomes of large files
//
// A file is large from exactly the threshold on, as for git lfs migrate
// --above. Symbolic links and files that git reads itself (.gitattributes,
// .gitignore, .gitmodules, .lfsconfig) never are.
//
// [Move] puts a pointer in its place, in each commit for itself: the
// .gitattributes beside a file lists exactly those files of that folder that
// are large in that commit. A file that shrank is a plain file again and its line
// is gone, so a fresh clone is clean at every commit. Files that the history's own
// attributes already give to Git LFS, but which are no pointers, become
// pointers whatever their size. [Remove] takes the file away, and folders that
// become empty; commits stay even if nothing is left in them.
//
// # Why
//
// The lines are in the folder of the file and not in one list at the root, as
// git lfs migrate does it. A nearer .gitattributes wins, so a line at the root may
// be without effect; and a tree's new form follows from the tree itself, which
// is what makes a rewrite incremental and each distinct tree cost once.
//
// Commits are edited as bytes. Parsing into a struct and writing that again, as
// through git fast-export, loses what the struct does not know, and with it
// every id from there on.
package history
