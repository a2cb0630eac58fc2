//go:build !unix

package plugin

import (
	"os"
	"os/exec"
	"syscall"
)

func childAttributes() *syscall.SysProcAttr { return nil }

// reap waits for cmd. Its descendants are not known here.
func reap(cmd *exec.Cmd, _ func()) { _ = cmd.Wait() }

// killGroup kills a provider; its descendants end with their pipes.
func killGroup(leader *os.Process) { _ = leader.Kill() }

func endOwnGroup(bool) {}

// inherit does nothing: descriptors cannot be passed on here, and a lock held
// by the engine ends with the engine.
func inherit(*exec.Cmd, []*os.File) {}

func closeOnExec(int) {}
