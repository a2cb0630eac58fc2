package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drover-migrate/drover/providers/github/githubtest"
	"github.com/drover-migrate/drover/providers/gitlab/gitlabtest"
)

// forges are the script's stand-ins for GitLab, by name.
type forges map[string]*gitlabStage

type forgesKey struct{}

// gitlabStage is a stand-in for GitLab with what a script wants of its imports.
type gitlabStage struct {
	*gitlabtest.Server

	mu      sync.Mutex
	held    map[string]chan struct{} // by the stage that waits; closed when it may go on
	trouble map[string]*gitlabtest.ImportTrouble
}

func stageOf(ts *testscript.TestScript, name string) *gitlabStage {
	s := ts.Value(forgesKey{}).(forges)[name]
	if s == nil {
		ts.Fatalf("no GitLab was started as %q", name)
	}
	return s
}

// gitHub is github NAME: starts a stand-in for GitHub with the organization
// lantern, until the script ends. NAME becomes its address, in the environment and
// as a local of the plan, and NAME.token has a token.
func gitHub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: github NAME")
	}
	root, err := os.MkdirTemp(ts.MkAbs("."), "github-")
	ts.Check(err)
	s, err := githubtest.New(githubtest.Options{Root: root, Edits: true})
	ts.Check(err)
	ts.Defer(func() {
		ts.Check(s.Close())
		agrees(ts, s.Violations())
	})
	ts.Check(githubtest.Sample(s.Model))
	s.AddToken("ghp_lantern", githubtest.Token{User: s.Model.User("ada"), Scopes: githubtest.ReaderScopes()})
	isAt(ts, args[0], s.URL, "ghp_lantern")
}

// gitLab is gitlab NAME [GITHUB|sample]: starts a stand-in for GitLab until the
// script ends, with the group lantern, or with the group harbour of its sample. The
// token glpat-NAME is its administrator's, glpat-guest that of a user without any
// rights. Gists are read from GITHUB. NAME becomes its address, in the environment
// and as a local of the plan, and NAME.token has the administrator's token.
func gitLab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: gitlab NAME [GITHUB|sample]")
	}
	with := append(args, "")[1]
	o := gitlabtest.Options{}
	if with != "sample" {
		o.GitHub = with
	}
	server, err := gitlabtest.New(o)
	ts.Check(err)
	ts.Defer(func() {
		ts.Check(server.Close())
		agrees(ts, server.Violations())
	})
	if with == "sample" {
		ts.Check(gitlabtest.Sample(server.Model))
	} else {
		server.Model.AddGroup("lantern", "public", server.Model.User("root"))
	}
	server.SetToken("root", "glpat-"+args[0])
	server.SetToken("guest", "glpat-guest")
	s := &gitlabStage{Server: server, held: map[string]chan struct{}{}, trouble: map[string]*gitlabtest.ImportTrouble{}}
	server.DuringImports(s.meet)
	ts.Value(forgesKey{}).(forges)[args[0]] = s
	isAt(ts, args[0], server.URL, "glpat-"+args[0])
}

// agrees fails the script when a stand-in was asked, or answered, against the
// description of its API.
func agrees(ts *testscript.TestScript, violations []string) {
	if len(violations) > 0 {
		ts.Fatalf("the API's description says otherwise: %s", strings.Join(violations, "\n"))
	}
}

// isAt lets the script and its plan know an address and a token.
func isAt(ts *testscript.TestScript, name, url, token string) {
	ts.Setenv(strings.ToUpper(name), url)
	data, err := json.Marshal(map[string]any{"locals": map[string]string{name: url}})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name+".plan.hcl.json"), data, 0o666))
	ts.Check(os.WriteFile(ts.MkAbs(name+".token"), []byte(token), 0o600))
}

// meet is what an import meets at a step: it waits while its stage is held, and
// then has the trouble that the script wants there.
func (s *gitlabStage) meet(ctx context.Context, step gitlabtest.ImportStep) error {
	s.mu.Lock()
	held := s.held[step.Stage]
	trouble := s.trouble[strings.TrimSpace(step.Stage+" "+step.Object)]
	s.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if trouble != nil {
		return trouble
	}
	return nil
}

// imports NAME hold STAGE: imports of this GitLab wait before a stage.
// imports NAME release STAGE: they go on.
// imports NAME fail STAGE OBJECT CLASS MESSAGE [URL [TITLE]]: an object cannot be
// stored; without an object the import as a whole ends there.
func imports(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: imports NAME hold|release|fail STAGE ...")
	}
	s, stage := stageOf(ts, args[0]), args[2]
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case args[1] == "hold" && len(args) == 3:
		s.held[stage] = make(chan struct{})
	case args[1] == "release" && len(args) == 3 && s.held[stage] != nil:
		close(s.held[stage])
		delete(s.held, stage)
	case args[1] == "fail" && len(args) >= 6 && len(args) <= 8:
		more := append(args[6:], "", "")
		s.trouble[strings.TrimSpace(stage+" "+args[3])] = &gitlabtest.ImportTrouble{
			Class: args[4], Message: args[5], URL: more[0], Title: more[1], Ends: args[3] == "",
		}
	default:
		ts.Fatalf("imports: %q is not understood", args[1:])
	}
}

// imported NAME: waits until no import of this GitLab runs.
func imported(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: imported NAME")
	}
	stageOf(ts, args[0]).AwaitImports()
}

// fault NAME STATUS|lost METHOD PATH: this GitLab answers such requests with a
// status, or carries one out and does not say so. In PATH "*" stands for any text.
// fault NAME none: nothing goes wrong any more.
func fault(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 && (len(args) != 2 || args[1] != "none") {
		ts.Fatalf("usage: fault NAME STATUS|lost METHOD PATH, or fault NAME none")
	}
	s := stageOf(ts, args[0])
	switch args[1] {
	case "none":
		s.ClearFaults()
	case "lost":
		s.Faults(gitlabtest.Fault{Method: args[2], Path: args[3], After: true})
	default:
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		s.Faults(gitlabtest.Fault{Method: args[2], Path: args[3], Times: -1, Status: status, Body: `{"message":"` + args[1] + `"}`})
	}
}

// asked NAME N METHOD PATH: this GitLab was asked so many times so far. In PATH "*"
// at the end stands for any text.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: asked NAME N METHOD PATH")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got, begin, any := 0, strings.TrimSuffix(args[3], "*"), strings.HasSuffix(args[3], "*")
	for _, r := range stageOf(ts, args[0]).Requests() {
		if r.Method == args[2] && (r.Path == args[3] || any && strings.HasPrefix(r.Path, begin)) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%s was asked %d times for %s %s, want %d", args[0], got, args[2], args[3], want)
	}
}

// edit ADDRESS JSON: changes something at a stand-in for GitHub, as its users do.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: edit ADDRESS JSON")
	}
	response, err := http.Post(args[0]+"/_model/edits", "application/json", strings.NewReader(args[1]))
	ts.Check(err)
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		ts.Fatalf("edit %s: status %d", args[1], response.StatusCode)
	}
}
