// Package remote holds what the two network protocols of Subversion share,
// whatever they are written in: how a repository is reached ([Options]), the
// tree editor whose commands a replay consists of ([Editor]), the reading of
// many ranges side by side with an ordered result ([InOrder]), and the meaning
// of the errors that servers report ([ServerError]).
//
// It opens no connection. The protocols are in the packages ra (svn://,
// svn+ssh://) and dav (http://, https://).
//
// # Why
//
// A replay of a revision depends on no other, so ranges are fetched over
// several connections. The order is restored here and not by the caller,
// because only here is it known which connection may run ahead: memory is
// given to the range that the caller waits for, and the others stop when
// together they hold [readAhead] bytes. So nothing can lock up, and a
// repository with huge revisions is read as over one connection.
package remote
