// Package forgegit reads the git data of a forge that serves git over http with
// Git LFS beside it: refs, mirrors with their large objects, and the people of a
// history. It also says what a failure of git means to the engine. Which repository
// it is, and with which credential, is for the caller to say.
package forgegit
