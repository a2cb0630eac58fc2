//go:build unix

package plugin

import (
	"os"
	"os/exec"
	"syscall"
)

// killGroup kills a provider and all its descendants that did not leave its
// group.
func killGroup(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }

// endOwnGroup asks the group of this process to terminate, if this process is
// its leader, so that git removes its lock files. With force it then kills the
// group, this process included.
func endOwnGroup(force bool) {
	pid := os.Getpid()
	if syscall.Getpgrp() != pid {
		return
	}
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	if force {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// inherit passes descriptors on to cmd.
func inherit(cmd *exec.Cmd, files []*os.File) { cmd.ExtraFiles = files }

func closeOnExec(fd int) { syscall.CloseOnExec(fd) }
