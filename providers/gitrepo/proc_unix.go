//go:build unix

package gitrepo

import (
	"io/fs"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// group is git and every process it starts.
type group struct {
	cmd *exec.Cmd

	mu       sync.Mutex
	released bool // the group's id may belong to others by now
	timer    *time.Timer

	watcher *exec.Cmd
	life    *os.File // the watcher acts when this is closed, by us or by our death
}

// newGroup prepares cmd, before its start, to be stopped as a group when its
// context ends.
func newGroup(cmd *exec.Cmd) *group {
	g := &group{cmd: cmd}
	cmd.SysProcAttr = processAttributes()
	cmd.Cancel = g.terminate
	return g
}

// watch makes the group end with this process. The parent-death signal
// reaches git alone, and a helper of git that waits for a server would not
// notice. So a shell joins the group, waits for its end of a pipe to close,
// and kills all of the group, itself included.
func (g *group) watch() {
	r, w, err := os.Pipe()
	if err != nil {
		return // git runs as well without, and ends at the latest with its server
	}
	defer r.Close()
	watcher := exec.Command("sh", "-c", `trap "" TERM; read -r _; kill -KILL 0`)
	watcher.Env = []string{"PATH=" + os.Getenv("PATH")}
	watcher.Stdin = r
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: g.cmd.Process.Pid}
	if err := watcher.Start(); err != nil { // most likely the group is gone already
		w.Close()
		return
	}
	g.watcher, g.life = watcher, w
}

// terminate asks first: git removes its locks and temporary packs on SIGTERM.
func (g *group) terminate() error {
	g.mu.Lock()
	g.timer = time.AfterFunc(termGrace, g.kill)
	g.mu.Unlock()
	g.signal(syscall.SIGTERM)
	return nil
}

func (g *group) kill() { g.signal(syscall.SIGKILL) }

func (g *group) signal(sig syscall.Signal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.released {
		// The group may be gone already, which is what is wanted.
		_ = syscall.Kill(-g.cmd.Process.Pid, sig)
	}
}

// release must follow Wait; no process is signalled after it.
func (g *group) release() {
	if g.watcher != nil {
		g.life.Close()
		_ = g.watcher.Wait() // always killed, by itself
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.released = true
	if g.timer != nil {
		g.timer.Stop()
	}
}

// owned reports whether the file belongs to the user we run as.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
