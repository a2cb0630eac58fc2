package gitlab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitrepo"
)

// notes are what the server is told for later runs: texts under names of refs. A
// nil text takes a note away.
type notes map[string]*string

// tell makes the notes of a project those given, in one push: all of them, or
// none, whenever the process is killed. Have are the project's refs.
func (t *target) tell(ctx context.Context, known *project, have map[string]string, wanted notes) (err error) {
	dir, err := os.MkdirTemp(t.scratch, "note-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	format := formatOf(known, have)
	repo, err := gitrepo.Init(ctx, dir, format)
	if err != nil {
		return err
	}
	made, err := commitNotes(ctx, repo, wanted)
	if err != nil {
		return err
	}
	var updates []gitrepo.RefUpdate
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		u := gitrepo.RefUpdate{Name: name, Old: have[name], New: made[name]}
		if u.Old == u.New {
			continue
		}
		if u.Old == "" {
			u.Old = forgetarget.ZeroOID(u.New)
		}
		updates = append(updates, u)
	}
	if len(updates) == 0 {
		return nil
	}
	refused, err := repo.Push(ctx, t.remote(known, providers.PartCode), updates, nil)
	if err == nil && len(refused) > 0 {
		err = &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("the server refused the note %s: %s", refused[0].Name, refused[0].Message),
			Hint: "see whether a hook or a push rule of the server refuses refs outside of branches and tags"}
	}
	return err
}

// commitNotes makes a commit of each note. A commit, because the API tells its
// message, and because the server's checks expect refs to name commits.
func commitNotes(ctx context.Context, repo *gitrepo.Repo, wanted notes) (map[string]string, error) {
	var stream strings.Builder
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if text := wanted[name]; text != nil {
			fmt.Fprintf(&stream, "commit %s\ncommitter Drover <drover@localhost> 0 +0000\ndata %d\n%s\n", name, len(*text), *text)
		}
	}
	if stream.Len() == 0 {
		return nil, nil
	}
	if err := repo.FastImport(ctx, strings.NewReader("feature done\n"+stream.String()+"done\n")); err != nil {
		return nil, err
	}
	refs, err := repo.Refs(ctx)
	return refs.Names, err
}

// read reads a note, whose commit is given.
func (t *target) read(ctx context.Context, known *project, commit string, into any) error {
	text, err := t.api.CommitMessage(ctx, known.key(), commit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return &providers.Error{Code: providers.CodeConflict, Message: "a note that an earlier run left in the project cannot be read", Hint: "delete the refs below refs/drover that are no marker, then apply again", Err: err}
	}
	return nil
}

// refs are all refs of a project's code, by their names at the server.
func (t *target) refs(ctx context.Context, known *project) (map[string]string, error) {
	refs, err := gitrepo.LsRemote(ctx, t.remote(known, providers.PartCode))
	return refs.Names, err
}

// formatOf is the object format of a project.
func formatOf(known *project, refs map[string]string) string {
	known.mu.Lock()
	format := known.format
	known.mu.Unlock()
	if format != "" {
		return format
	}
	for _, oid := range refs {
		if len(oid) == 64 {
			return "sha256"
		}
	}
	return "sha1"
}
