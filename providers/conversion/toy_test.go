package conversion

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitpack"
	"github.com/drover-migrate/drover/providers/gittree"
)

// toy converts a made-up history: revision n changes some files, on one of
// three branches. It keeps the rules of a converter: commits depend on
// revisions only.
type toy struct {
	every int    // revisions between checkpoints; 0 for one at the end
	step  func() // before each revision
}

type toyState struct {
	Revision int               `json:"revision"`
	Tips     map[string]string `json:"tips"`
}

// convert brings a session up to a revision.
func (c toy) convert(ctx context.Context, s *Session, to int) (providers.Export, error) {
	state := toyState{Tips: map[string]string{}}
	saved, err := s.State()
	if err != nil {
		return providers.Export{}, err
	}
	if saved != nil {
		err := json.NewDecoder(saved).Decode(&state)
		if err := errorsJoin(err, saved.Close()); err != nil {
			return providers.Export{}, err
		}
	}
	write := func(w io.Writer) error { return json.NewEncoder(w).Encode(state) }
	trees := gittree.New(s.Writer(), 1<<20)
	for n := state.Revision + 1; n <= to; n++ {
		c.step()
		if err := c.revision(s, trees, &state, n); err != nil {
			return providers.Export{}, err
		}
		if c.every > 0 && n%c.every == 0 {
			if err := s.Checkpoint(ctx, write); err != nil {
				return providers.Export{}, err
			}
			trees.Use(s.Writer())
		}
	}
	if err := s.Checkpoint(ctx, write); err != nil {
		return providers.Export{}, err
	}
	refs := map[string]gitpack.ID{}
	for branch, tip := range state.Tips {
		id, err := gitpack.ParseID(tip)
		if err != nil {
			return providers.Export{}, err
		}
		refs["refs/heads/"+branch] = id
	}
	return s.Finish(ctx, refs, "refs/heads/b0")
}

func (c toy) revision(s *Session, trees *gittree.Trees, state *toyState, n int) error {
	branch := fmt.Sprintf("b%d", n%3)
	w := s.Writer()
	commit := Commit{Message: fmt.Appendf(nil, "revision %d\n", n), Author: LoginAt("ann", "toy").At(int64(n), 3600)}
	commit.Committer = commit.Author
	root := gitpack.ID{}
	if tip := state.Tips[branch]; tip != "" {
		parent, err := gitpack.ParseID(tip)
		if err != nil {
			return err
		}
		_, data, err := w.Read(parent)
		if err != nil {
			return err
		}
		if root, err = gitpack.ParseID(string(data[len("tree "):][:40])); err != nil {
			return err
		}
		commit.Parents = []gitpack.ID{parent}
	}
	edit := trees.Edit(root)
	for i := range 3 {
		id, err := w.Put(gitpack.Blob, fmt.Appendf(nil, "%d %d\n", n, i))
		if err != nil {
			return err
		}
		if err := edit.Set(fmt.Sprintf("dir%d/file%d", n%5, i*n%7), gittree.File, id); err != nil {
			return err
		}
	}
	var err error
	if commit.Tree, err = edit.Write(false); err != nil {
		return err
	}
	id, err := w.Put(gitpack.Commit, EncodeCommit(commit))
	if err != nil {
		return err
	}
	state.Tips[branch], state.Revision = id.String(), n
	s.Record(Revision{Source: fmt.Sprintf("r%d", n), Branch: branch, Commit: id})
	if n%4 == 0 {
		s.Losses().Add("toy.property", fmt.Sprintf("dir%d", n%5), fmt.Sprintf("r%d", n), "git has no such property")
	}
	return nil
}

func errorsJoin(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// run converts into dir and closes the session.
func run(t *testing.T, dir string, c toy, to int) providers.Export {
	t.Helper()
	if c.step == nil {
		c.step = func() {}
	}
	s, err := Open(t.Context(), dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	export, err := c.convert(t.Context(), s, to)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return export
}

// git runs git in a repository, apart from the user's configuration.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"--git-dir=" + dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s%s", strings.Join(args, " "), err, stderr.String(), out)
	}
	return string(out)
}

// contents is what an export consists of: refs, HEAD and the revision table.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(git(t, dir, "for-each-ref"))
	b.WriteString(git(t, dir, "symbolic-ref", "HEAD"))
	for r, err := range ReadRevisions(dir) {
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(r.line())
	}
	return b.String()
}

// names lists a folder, with the digits of ids and numbers left out.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimRight(e.Name(), "0123456789"))
	}
	return list
}

// comparePacks expects the packs that the checkpoint names, their indexes, and
// nothing else.
func comparePacks(t *testing.T, dir string) {
	t.Helper()
	c, err := readCheckpoint(filepath.Join(dir, checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range c.Packs {
		want = append(want, p.Name+".idx", p.Name+".pack")
	}
	slices.Sort(want)
	entries, err := os.ReadDir(filepath.Join(dir, "objects", "pack"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in objects/pack (-want +got):\n%s", diff)
	}
}
