//go:build unix && !linux

package plugin

import (
	"os/exec"
	"syscall"
)

// childAttributes puts the provider in a session of its own, so that signals
// of the terminal reach the engine only.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// reap waits for cmd, then runs kill for what it has left running. There is no
// portable way to wait without releasing the process's id first.
func reap(cmd *exec.Cmd, kill func()) {
	_ = cmd.Wait() // the result is in ProcessState
	kill()
}
