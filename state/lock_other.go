//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package state

import (
	"context"
	"errors"
	"os"
	"runtime"
	"time"
)

var errHeld = errors.New("the lock is held")

func acquire(context.Context, string, time.Duration) (*os.File, error) {
	return nil, errors.New("drover cannot lock a state on " + runtime.GOOS + "; run it on Linux, macOS or a BSD")
}

func held(string) bool { return true }
