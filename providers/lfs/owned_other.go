//go:build !unix

package lfs

import "io/fs"

// owned is always false: files are copied where owners cannot be compared.
func owned(fs.FileInfo) bool { return false }
