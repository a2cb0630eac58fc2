package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketcloud/bitbucketcloudtest"
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/bitbucketserver/bitbucketservertest"
	"github.com/drover-migrate/drover/providers/directory"
	"github.com/drover-migrate/drover/providers/git"
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/providers/gitea/giteatest"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
	"github.com/drover-migrate/drover/providers/mercurial"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/providers/subversion"
	"github.com/drover-migrate/drover/providers/tfvc"
)

// TestMain registers the program, its providers and the stand-ins of forges under
// their own names, so that scripts cross the real process boundary and nothing has
// to be built.
func TestMain(m *testing.M) {
	testscript.Main(launchers{m}, map[string]func(){
		"drover":                           main,
		"drover-provider-bitbucket_cloud":  func() { plugin.Serve(bitbucketcloud.New()) },
		"drover-provider-bitbucket_server": func() { plugin.Serve(bitbucketserver.New()) },
		"drover-provider-directory":        func() { plugin.Serve(directory.New()) },
		"drover-provider-git":              func() { plugin.Serve(git.New()) },
		"drover-provider-gitea":            func() { plugin.Serve(gitea.New()) },
		"drover-provider-github":           func() { plugin.Serve(github.New()) },
		"drover-provider-gitlab":           func() { plugin.Serve(gitlab.New()) },
		"drover-provider-mercurial":        func() { plugin.Serve(mercurial.New()) },
		"drover-provider-subversion":       func() { plugin.Serve(subversion.New()) },
		"drover-provider-slow":             func() { plugin.Serve(newSlowProvider()) },
		"drover-provider-tfvc":             func() { plugin.Serve(tfvc.New()) },
		"drover-provider-standin":          func() { plugin.Serve(standIn()) },
		"giteaserver":                      func() { os.Exit(giteatest.Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"githubserver":                     func() { os.Exit(githubtest.Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"gitlabserver":                     func() { os.Exit(gitlabtest.Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"dcserver":                         func() { os.Exit(bitbucketservertest.Main(os.Args[1:], os.Stdout, os.Stderr)) },
		"bitbucketcloudserver":             func() { os.Exit(bitbucketcloudtest.Main(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// launchers runs tests with providers that are a line of shell, which becomes this
// program: drover reads the whole of a provider's executable before it starts it,
// and fifty megabytes a thousand times are a good part of a minute.
type launchers struct{ *testing.M }

func (l launchers) Run() int {
	if err := launchProviders(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare the providers:", err)
		return 1
	}
	return l.M.Run()
}

// launchProviders replaces the programs of providers in the first folder of PATH,
// where testscript has put them.
func launchProviders() error {
	dir := filepath.SplitList(os.Getenv("PATH"))[0]
	programs := filepath.Join(dir, "programs")
	if err := os.Mkdir(programs, 0o777); err != nil {
		return err
	}
	providers, err := filepath.Glob(filepath.Join(dir, "drover-provider-*"))
	if err != nil {
		return err
	}
	for _, path := range providers {
		program := filepath.Join(programs, filepath.Base(path))
		if err := os.Rename(path, program); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\nexec '"+program+"' \"$@\"\n"), 0o777); err != nil {
			return err
		}
	}
	return nil
}

// TestScripts runs the stories in testdata/script: what a user types and sees.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			for _, who := range []string{"AUTHOR", "COMMITTER"} {
				e.Setenv("GIT_"+who+"_NAME", "Ada")
				e.Setenv("GIT_"+who+"_EMAIL", "ada@example.org")
				e.Setenv("GIT_"+who+"_DATE", "2026-01-02T03:04:05Z")
			}
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("TMPDIR", e.WorkDir+"/tmp")
			e.Values[programsKey{}] = programs{}
			e.Values[forgesKey{}] = forges{}
			provider, err := exec.LookPath("drover-provider-git")
			if err != nil {
				return err
			}
			e.Setenv("PROVIDER_GIT", provider)
			return os.Mkdir(e.WorkDir+"/tmp", 0o700)
		},
		Cmds: commands(),
		Condition: func(name string) (bool, error) {
			switch name {
			case "mount":
				return mayMount(), nil
			case "terminal":
				return mayOpenTerminal(), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}
