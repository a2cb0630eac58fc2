package plugin

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes puts the provider in a session of its own, so that signals
// of the terminal reach the engine only and so that ssh, asked by git for a
// password, fails instead of waiting at a terminal it may not read. A session
// is a process group too, which is what gets killed.
//
// When the engine dies the provider gets SIGTERM rather than SIGKILL: it still
// has its own children to end.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGTERM}
}

// reap waits for cmd, and runs kill when it has ended but still is a zombie:
// only then its id, which is that of its group, cannot have gone to another.
func reap(cmd *exec.Cmd, kill func()) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	kill()
	_ = cmd.Wait() // the result is in ProcessState
}
