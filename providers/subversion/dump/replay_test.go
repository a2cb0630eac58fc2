package dump

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/subversion/svn"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

// item is a node of a tree as a test sees it.
type item struct {
	Dir   bool
	Text  string
	Props map[string]string
}

type tree map[string]item

// replay builds the trees that a history describes, in the plainest way.
type replay struct {
	trees map[int64]tree
	props map[int64]map[string]string
}

func newReplay() *replay {
	return &replay{
		trees: map[int64]tree{-1: {}, 0: {"": {Dir: true}}},
		props: map[int64]map[string]string{},
	}
}

func replayAll(ctx context.Context, r svn.Repository, from, to int64) (*replay, error) {
	p := newReplay()
	for revision, err := range r.Revisions(ctx, from, to) {
		if err != nil {
			return p, err
		}
		if err := p.add(revision); err != nil {
			return p, fmt.Errorf("r%d: %w", revision.Number, err)
		}
		if err := revision.Close(); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *replay) add(r *svn.Revision) error {
	before, ok := p.trees[r.Number-1]
	if !ok {
		before = tree{"": {Dir: true}}
	}
	now := maps.Clone(before)
	if r.Number == 0 {
		now = tree{"": {Dir: true}}
	}
	p.props[r.Number] = stringProps(r.Props)
	for _, n := range r.Nodes {
		if err := p.apply(now, n); err != nil {
			return fmt.Errorf("%s %s: %w", n.Action, n.Path, err)
		}
	}
	p.trees[r.Number] = now
	return nil
}

func (p *replay) apply(now tree, n *svn.Node) error {
	old, exists := now[n.Path]
	if n.Action == svn.Delete || n.Action == svn.Replace {
		if !exists {
			return fmt.Errorf("it does not exist")
		}
		for path := range now {
			if path == n.Path || strings.HasPrefix(path, n.Path+"/") {
				delete(now, path)
			}
		}
		old, exists = item{}, false
	}
	if n.Action == svn.Delete {
		return nil
	}
	if exists != (n.Action == svn.Modify) {
		return fmt.Errorf("exists: %v", exists)
	}
	if n.Copied() {
		source := p.trees[n.FromRevision]
		if old, exists = source[n.FromPath]; !exists {
			return fmt.Errorf("%s@%d does not exist", n.FromPath, n.FromRevision)
		}
		for path, it := range source {
			if rest, ok := strings.CutPrefix(path, n.FromPath+"/"); ok {
				now[n.Path+"/"+rest] = it
			}
		}
	}
	if n.Kind != svn.Unknown {
		old.Dir = n.Kind == svn.Dir
	}
	props := map[string][]byte{}
	for name, value := range old.Props {
		props[name] = []byte(value)
	}
	old.Props = stringProps(n.Props.Apply(props))
	if n.Text != nil {
		if sum := md5.Sum([]byte(old.Text)); n.BaseMD5 != "" && n.BaseMD5 != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("the base is another")
		}
		text, _, err := n.Text.Apply([]byte(old.Text))
		if err != nil {
			return err
		}
		old.Text = string(text)
	}
	now[n.Path] = old
	return nil
}

func stringProps(props map[string][]byte) map[string]string {
	if len(props) == 0 {
		return nil
	}
	m := map[string]string{}
	for name, value := range props {
		m[name] = string(value)
	}
	return m
}

// compareTruth compares a history as it was read with the truth.
func compareTruth(t *testing.T, h *svntest.History, got *replay, from, to int64) {
	t.Helper()
	for number := from; number <= to; number++ {
		want := tree{"": {Dir: true, Props: orNil(h.Props(number, ""))}}
		for path, props := range h.Dirs(number, "") {
			want[path] = item{Dir: true, Props: orNil(props)}
		}
		for path, f := range h.Files(number, "") {
			want[path] = item{Text: string(f.Text()), Props: orNil(f.Props)}
		}
		if diff := cmp.Diff(want, got.trees[number]); diff != "" {
			t.Fatalf("the tree of r%d (-want +got):\n%s", number, diff)
		}
		if diff := cmp.Diff(orNil(h.RevProps(number)), got.props[number]); diff != "" {
			t.Fatalf("the properties of r%d (-want +got):\n%s", number, diff)
		}
	}
}

func orNil(props map[string]string) map[string]string {
	if len(props) == 0 {
		return nil
	}
	return props
}
