package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// checkup is one thing that doctor looked at.
type checkup struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	code int    // exit code when it is not OK
}

func newDoctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check the machine, the providers and the credentials of a plan",
		Long: `Doctor checks what an apply needs: git and git-lfs, room on the disk, the clock,
the state, the providers, and that every source and target of the plan can be
opened with its credentials.`,
		Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

func (a *app) doctor(ctx context.Context) error {
	list := []checkup{checkGit(ctx), checkLFS(ctx), a.checkDisk(), checkClock()}
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	for _, i := range c.finder.all() {
		d, _, err := c.Provider(ctx, i.Name)
		list = append(list, checked("provider "+i.Name, exitProvider, err, d.Version+"  "+i.Path))
	}
	if plans, _ := filepath.Glob(filepath.Join(a.dir(), "*.plan.hcl*")); len(plans) > 0 {
		m, err := a.load(ctx, c, reading{schemas: true})
		if err != nil {
			return err
		}
		list = append(list, a.checkState(ctx, m))
		list = append(list, checkConnections(ctx, c, m)...)
	}
	code := exitOK
	t := newTable(a.stdout)
	for _, x := range list {
		word := "ok"
		if !x.OK {
			word = "PROBLEM"
			code = max(code, x.code)
		}
		if a.json {
			if err := a.jsonOut().line("check", x.Name+": "+x.Text, map[string]any{"name": x.Name, "ok": x.OK, "text": x.Text}); err != nil {
				return err
			}
			continue
		}
		t.row(word, x.Name, x.Text)
	}
	if err := t.flush(); err != nil {
		return err
	}
	return exit(code)
}

func checked(name string, code int, err error, text string) checkup {
	if err != nil {
		return checkup{Name: name, Text: err.Error(), code: code}
	}
	return checkup{Name: name, OK: true, Text: text}
}

func checkGit(ctx context.Context) checkup {
	v, err := gitrepo.Version(ctx)
	return checked("git", exitFailure, err, v)
}

// checkLFS looks for git-lfs. Drover moves large objects without it; people who
// clone the results need it.
func checkLFS(ctx context.Context) checkup {
	out, err := exec.CommandContext(ctx, "git-lfs", "version").Output()
	if err != nil {
		return checkup{Name: "git-lfs", OK: true, Text: "not installed; Drover does not need it, clones of repositories with large files do"}
	}
	return checkup{Name: "git-lfs", OK: true, Text: strings.TrimSpace(string(out))}
}

// leastFree is how much room doctor wants to see.
const leastFree = 1 << 30

func (a *app) checkDisk() checkup {
	free, err := freeBytes(a.dir())
	if err != nil {
		return checked("disk", exitFailure, err, "")
	}
	text := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30))
	return checkup{Name: "disk", OK: free >= leastFree, Text: text, code: exitFailure}
}

// checkClock compares the clock with the date of the program: a clock that is
// behind it is wrong, and TLS and rate limits will fail.
func checkClock() checkup {
	now := time.Now()
	self, err := os.Executable()
	if err == nil {
		if info, serr := os.Stat(self); serr == nil && info.ModTime().After(now.Add(24*time.Hour)) {
			return checkup{Name: "clock", Text: fmt.Sprintf("it says %s, before this program was built", now.Format(time.RFC3339)), code: exitFailure}
		}
	}
	return checkup{Name: "clock", OK: true, Text: now.Format(time.RFC3339)}
}

func (a *app) checkState(ctx context.Context, m *schema.Migration) checkup {
	s, err := a.view(ctx, m)
	if err != nil {
		return checked("state", exitFailure, err, "")
	}
	if s == nil {
		return checkup{Name: "state", OK: true, Text: "none yet at " + a.statePath(m)}
	}
	defer s.Close()
	info, err := s.Info(ctx)
	return checked("state", exitFailure, err, fmt.Sprintf("%s, generation %d", a.statePath(m), info.Generation))
}

// checkConnections opens every source and target, which reads its secrets.
func checkConnections(ctx context.Context, c *connections, m *schema.Migration) []checkup {
	var list []checkup
	for _, key := range sortedNames(m.Sources) {
		_, err := c.Source(ctx, key)
		list = append(list, checked(key, connectionCode(err), err, "opens"))
	}
	for _, key := range sortedNames(m.Targets) {
		_, err := c.Target(ctx, key)
		list = append(list, checked(key, connectionCode(err), err, "opens"))
	}
	return list
}

func connectionCode(err error) int {
	if err == nil {
		return exitOK
	}
	return exitOfProblem(providers.CodeOf(err))
}
