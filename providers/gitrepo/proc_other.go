//go:build !unix

package gitrepo

import (
	"io/fs"
	"os/exec"
)

// group is git; elsewhere than on Unix its children end with their pipes.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd) *group { return &group{cmd} }

// watch does nothing: helpers of git may outlive this process until their
// server answers.
func (g *group) watch() {}

func (g *group) kill() {
	// The process may be gone already, which is what is wanted.
	_ = g.cmd.Process.Kill()
}

func (g *group) release() {}

// owned cannot tell, so files are copied and never shared.
func owned(fs.FileInfo) bool { return false }
