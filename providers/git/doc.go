// Package git is the source provider for any repository that git can read:
// a path, or an address of http, https, ssh or git. It brings the refs, the
// objects and the Git LFS objects of a repository; it has no records, because
// plain git has no issues. Git itself is run by gitrepo, and LFS objects are
// brought by the package lfs.
//
// # Why
//
// Plain git has no permanent id. The identity of a repository is therefore its
// address, in a form that does not change with the way it is written: see
// [address.identity]. It holds no user name, because that is how one gets in
// and not what is there. The first commit, which Mercurial sources use, would
// not do: forks share it, an empty repository has none, and telling it means
// fetching the history. A repository that moves to another address is hence
// another one to this provider; the engine recognises it by its commits.
//
// A local path is kept as the plan writes it, only cleaned, and not made
// absolute: the plan, its state and the repositories beside them can then move
// to another folder or machine. It keeps its .git, unlike the path of an
// address, because NAME and NAME.git can stand side by side in a folder, while
// servers give one repository under both.
//
// A password in an address is refused. Addresses are stored in the state and
// shown in changesets; the password attribute of the source block is not.
package git
