package gitlabtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ImportStep is what one of the server's importers is about to do.
type ImportStep struct {
	Importer string // github, gists, bitbucket_server, bitbucket, transfer
	Path     string // of what is filled; of gists, the username
	Stage    string // scheduled, repository, issues, ...
	Object   string // such as "issue 3"; empty: the stage as a whole
}

// ImportTrouble is what an importer meets at a step when a test wants it to.
type ImportTrouble struct {
	Class   string // of the exception; empty: StandardError
	Message string
	URL     string // of the object at the source, where that is told
	Title   string
	Ends    bool // the import, or the entity of a transfer, fails
	Timeout bool // nothing comes any more: the server gives up waiting
}

func (t *ImportTrouble) Error() string { return t.Message }

func (t *ImportTrouble) class() string {
	if t.Class == "" {
		return "StandardError"
	}
	return t.Class
}

// troubled is the trouble in an error: any that is not the test's own is one of
// the source.
func troubled(err error) *ImportTrouble {
	var t *ImportTrouble
	if errors.As(err, &t) {
		return t
	}
	return &ImportTrouble{Class: "Gitlab::Import::SourceError", Message: err.Error()}
}

// importing is what a server knows of imports. Its maps belong to the model's lock.
type importing struct {
	github    string // the GitHub that is meant when a request names none
	bitbucket string // the API of Bitbucket Cloud

	projects     map[int64]*projectImport
	gists        map[*User]string // started, finished, failed
	transfers    []*transfer
	placeholders map[string]*User // by the namespace at the top and who it stands for

	mu       sync.Mutex
	during   func(context.Context, ImportStep) error
	disabled map[string]bool
	private  bool // addresses on this machine are refused

	ctx  context.Context
	stop context.CancelFunc
	all  sync.WaitGroup
}

func newImporting(o Options) *importing {
	i := &importing{
		github: o.GitHub, bitbucket: o.BitbucketCloud, projects: map[int64]*projectImport{}, gists: map[*User]string{},
		placeholders: map[string]*User{}, disabled: map[string]bool{},
	}
	i.ctx, i.stop = context.WithCancel(context.Background())
	return i
}

// DuringImports calls a function before each step of every import from now on. It
// may wait, which holds the import, and its error is what the step meets: an
// *ImportTrouble. The context ends when the import is canceled or the server closed.
// Nil: nothing more happens to imports.
func (s *Server) DuringImports(do func(context.Context, ImportStep) error) {
	s.importing.mu.Lock()
	defer s.importing.mu.Unlock()
	s.importing.during = do
}

// AwaitImports returns when no import runs.
func (s *Server) AwaitImports() {
	s.Model.mu.Lock()
	all := &s.importing.all // holds those that requests began, which the lock was held for
	s.Model.mu.Unlock()
	all.Wait()
}

// DisableImports switches sources off, as an administrator does: github,
// bitbucket_server, bitbucket, transfer.
func (s *Server) DisableImports(sources ...string) {
	s.importing.mu.Lock()
	defer s.importing.mu.Unlock()
	for _, source := range sources {
		s.importing.disabled[source] = true
	}
}

// RefusePrivate makes importers refuse sources on private addresses, as they do
// unless an administrator allows them.
func (s *Server) RefusePrivate() {
	s.importing.mu.Lock()
	defer s.importing.mu.Unlock()
	s.importing.private = true
}

func (i *importing) isDisabled(source string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.disabled[source]
}

func (i *importing) refusesPrivate() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.private
}

// meet is what happens at a step.
func (i *importing) meet(ctx context.Context, step ImportStep) error {
	i.mu.Lock()
	during := i.during
	i.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if during == nil {
		return nil
	}
	return during(ctx, step)
}

// end stops all imports and waits for them.
func (i *importing) end() {
	i.stop()
	i.all.Wait()
}

// run does work in the background.
func (i *importing) run(work func()) {
	i.all.Add(1)
	go func() {
		defer i.all.Done()
		work()
	}()
}

// placeholder is the user who stands for somebody of the source, one for each group
// at the top. In a personal namespace everything belongs to its owner. The model is
// locked.
func (s *Server) placeholder(into *Namespace, source, id, name string) *User {
	chain := into.chain()
	top := chain[len(chain)-1]
	if top.User != nil {
		return top.User
	}
	if id == "" {
		id, name = "ghost", "Ghost"
	}
	key := fmt.Sprintf("%d %s %s", top.ID, source, id)
	if u := s.importing.placeholders[key]; u != nil {
		return u
	}
	n := len(s.importing.placeholders) + 1
	u := s.Model.addUser(&User{Username: fmt.Sprintf("%s_placeholder_user_%d", source, n), Name: "Placeholder " + name, Bot: true})
	s.importing.placeholders[key] = u
	return u
}

// backticked is a text whose mentions notify nobody.
func backticked(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		for j, word := range strings.Split(line, " ") {
			if j > 0 {
				b.WriteByte(' ')
			}
			if len(word) > 1 && word[0] == '@' {
				word = "`" + word + "`"
			}
			b.WriteString(word)
		}
	}
	return b.String()
}

// later is the time of an update, which is none before the creation.
func later(created, updated time.Time) time.Time {
	if updated.Before(created) {
		return created
	}
	return updated
}
