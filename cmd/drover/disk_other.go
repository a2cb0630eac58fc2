//go:build !unix

package main

import "errors"

// freeBytes is how much room is left on the disk that holds dir.
func freeBytes(string) (uint64, error) {
	return 0, errors.New("the room on the disk cannot be asked for on this system")
}
