package gitrepo

import "syscall"

// processAttributes put git into a process group of its own, so that it can
// be stopped together with its children, and end it with this process.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
