package main

import (
	"cmp"
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

// checkConnections opens every source and target, which reads its secrets, and
// asks each about one resource, because some refuse a credential only then.
func checkConnections(ctx context.Context, c *connections, m *schema.Migration) []checkup {
	bySource, byTarget := map[string]*schema.Resource{}, map[string]*schema.Resource{}
	for i := range m.Resources {
		r := &m.Resources[i]
		bySource[r.Source] = cmp.Or(bySource[r.Source], r)
		byTarget[r.Target] = cmp.Or(byTarget[r.Target], r)
	}
	var list []checkup
	for _, key := range sortedNames(m.Sources) {
		list = append(list, checkConnection(key, bySource[key], func(r *schema.Resource) error { return trySource(ctx, c, key, r) }))
	}
	for _, key := range sortedNames(m.Targets) {
		list = append(list, checkConnection(key, byTarget[key], func(r *schema.Resource) error { return tryTarget(ctx, c, key, r) }))
	}
	return list
}

func checkConnection(key string, r *schema.Resource, try func(*schema.Resource) error) checkup {
	text := "opens"
	if r != nil {
		text = "opens, and answers about " + r.Address.Display()
	}
	err := try(r)
	return checked(key, connectionCode(err), err, shown(text))
}

// trySource opens a source and asks it about a resource, if there is one.
func trySource(ctx context.Context, c *connections, key string, r *schema.Resource) error {
	source, err := c.Source(ctx, key)
	if err != nil || r == nil {
		return err
	}
	for in, err := range source.Inspect(ctx, []providers.Lookup{{Repo: providers.Repo{Settings: r.Settings}}}) {
		if err != nil {
			return err
		}
		if in.Problem != nil {
			return in.Problem
		}
	}
	return nil
}

// tryTarget opens a target and asks it about a resource, if there is one.
func tryTarget(ctx context.Context, c *connections, key string, r *schema.Resource) error {
	target, err := c.Target(ctx, key)
	if err != nil || r == nil {
		return err
	}
	name := cmp.Or(r.Name, "drover-doctor") // the source would tell the name
	for standing, err := range target.Inspect(ctx, []providers.Place{{Namespace: r.Namespace, Name: name, Placement: r.Placement}}) {
		if err != nil {
			return err
		}
		if standing.Problem != nil {
			return standing.Problem
		}
	}
	return nil
}

func connectionCode(err error) int {
	if err == nil {
		return exitOK
	}
	return exitOfProblem(providers.CodeOf(err))
}
