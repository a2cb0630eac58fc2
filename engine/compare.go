package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Comparison is what both sides of one resource look like now, beside what the
// last apply left. Verify and drift are two ways of showing it.
type Comparison struct {
	Address schema.Address `json:"address"`
	Path    string         `json:"path"` // at the target
	Checked Checked        `json:"checked"`

	// Source lists what changed at the source since the last apply.
	Source []Difference `json:"source,omitempty"`

	// Target lists what the target should hold and does not.
	Target []Difference `json:"target,omitempty"`

	// Foreign lists what someone else added at the target.
	Foreign []Difference `json:"foreign,omitempty"`

	// History lists where commits differ from what the source itself exports
	// for the revisions that they stand for.
	History []CommitDifference `json:"history,omitempty"`

	// HistoryProblem says why the commits could not be compared so.
	HistoryProblem *providers.Error `json:"history_problem,omitempty"`

	// SourceProblem says why the source could not be asked, as when the old
	// server is switched off. The target is compared all the same.
	SourceProblem *providers.Error `json:"source_problem,omitempty"`

	// Problem says why the target could not be compared.
	Problem *providers.Error `json:"problem,omitempty"`
}

// Checked counts what was compared.
type Checked struct {
	Refs  int   `json:"refs"`
	Kinds int   `json:"kinds"`
	Items int64 `json:"items,omitempty"` // asked for one by one

	Commits int   `json:"commits,omitempty"` // compared with the source's own export
	Files   int64 `json:"files,omitempty"`   // in those commits
}

// Difference is one thing that differs.
type Difference struct {
	Kind schema.Kind `json:"kind"`
	Name string      `json:"name,omitempty"`
	Was  string      `json:"was,omitempty"`
	Is   string      `json:"is,omitempty"`
	Text string      `json:"text"`
}

// CommitDifference is a path at which a commit is not what the source has.
type CommitDifference struct {
	Ref      string `json:"ref,omitempty"`
	Revision string `json:"revision,omitempty"`
	Commit   string `json:"commit"`
	Path     string `json:"path,omitempty"`
	Problem  string `json:"problem"`
}

// Same reports whether the target holds what it should.
func (c Comparison) Same() bool {
	return c.Problem == nil && c.HistoryProblem == nil && len(c.Target)+len(c.History) == 0
}

// Memory is what Compare reads of a state.
type Memory interface {
	Counts(ctx context.Context, address schema.Address) (schema.Counts, error)
	Refs(ctx context.Context, address schema.Address, side string) (map[string]string, error)

	// Lookup returns items of a resource by their keys, in their order.
	Lookup(ctx context.Context, address schema.Address, keys []schema.Key) ([]schema.Item, error)

	// Items yields the items of a resource that are done, in batches.
	Items(ctx context.Context, address schema.Address, batch int, yield func([]schema.Item) error) error
}

// Depth is how closely a comparison looks.
type Depth struct {
	// Deep asks the target for every single item instead of a sample, and
	// compares branches and tags with what the source itself exports for them.
	Deep bool

	// Every compares every commit with the source, not only branches and tags.
	Every bool

	// Workspace is the folder for git data in flight; see Work.
	Workspace string
}

// Compare asks both ends of a resource what there is now. Ends knows the
// entry's connections under the keys "source" and "target".
func Compare(ctx context.Context, e schema.Entry, memory Memory, ends Ends, depth Depth) Comparison {
	c := Comparison{Address: e.Address, Path: Place{e.Namespace, e.Name}.Path()}
	if err := c.compare(ctx, e, memory, ends, depth); err != nil {
		c.Problem = providers.AsError(err)
	}
	return c
}

func (c *Comparison) compare(ctx context.Context, e schema.Entry, memory Memory, ends Ends, depth Depth) error {
	leftSource, err := memory.Refs(ctx, e.Address, sideSource)
	if err != nil {
		return err
	}
	leftTarget, err := memory.Refs(ctx, e.Address, sideTarget)
	if err != nil {
		return err
	}
	if err := c.compareSource(ctx, e, leftSource, ends); err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.SourceProblem = providers.AsError(err)
	}
	target, err := ends.Target(ctx, "target")
	if err != nil {
		return err
	}
	standing, err := inspectOne(ctx, target, e)
	if err != nil {
		return err
	}
	if !standing.Exists {
		c.Target = append(c.Target, Difference{Kind: schema.KindRepository, Name: c.Path, Text: "the repository is gone"})
		return nil
	}
	c.compareTargetRefs(leftTarget, standing.Refs)
	counts, err := memory.Counts(ctx, e.Address)
	if err != nil {
		return err
	}
	c.compareCounts(counts, standing.Counts)
	if !depth.Deep {
		return c.compareSample(ctx, target, e, memory)
	}
	if err := c.compareHistory(ctx, e, ends, depth); err != nil {
		if ctx.Err() != nil {
			return err
		}
		c.HistoryProblem = providers.AsError(err)
	}
	return memory.Items(ctx, e.Address, windowRecords, func(items []schema.Item) error {
		return c.findItems(ctx, target, e, memory, items)
	})
}

// compareSource notes what moved at the source since the last apply.
func (c *Comparison) compareSource(ctx context.Context, e schema.Entry, left map[string]string, ends Ends) error {
	source, err := ends.Source(ctx, "source")
	if err != nil {
		return err
	}
	r, err := appliedResource(e)
	if err != nil {
		return err
	}
	for in, err := range source.Inspect(ctx, []providers.Lookup{{Repo: providers.Repo{Settings: r.Settings, Identity: e.Identity}}}) {
		switch {
		case err != nil:
			return err
		case in.Problem != nil:
			return in.Problem
		case in.Facts != nil:
			if in.Facts.Refs != nil { // some sources know their refs only once they have converted
				c.Source = refDifferences(left, in.Facts.Refs)
			}
			if in.Facts.FullName != e.FullName {
				c.Source = append(c.Source, Difference{Kind: schema.KindRepository, Name: "name", Was: e.FullName, Is: in.Facts.FullName, Text: "renamed"})
			}
		}
	}
	return nil
}

// appliedResource is what the plan wanted of e when it was last applied to its
// end.
func appliedResource(e schema.Entry) (schema.Resource, error) {
	var r schema.Resource
	if len(e.Settings) > 0 {
		if err := json.Unmarshal(e.Settings, &r); err != nil {
			return r, fmt.Errorf("settings of %s: %w", e.Address, err)
		}
	}
	if len(r.Settings) == 0 {
		return r, providers.Errorf(providers.CodeUnsupported, "it was never applied to its end, so there is nothing to compare; apply first")
	}
	return r, nil
}

// mostHistory bounds the differences of one history that are kept.
const mostHistory = 1000

// compareHistory compares commits with what the source itself exports for them,
// where its provider can.
func (c *Comparison) compareHistory(ctx context.Context, e schema.Entry, ends Ends, depth Depth) error {
	var connections Connections
	if err := json.Unmarshal(e.Connections, &connections); err != nil {
		return fmt.Errorf("connections of %s: %w", e.Address, err)
	}
	about, _, err := ends.Provider(ctx, connections.Source.Provider)
	if err != nil || about.Source == nil || !about.Source.Verifies {
		return err
	}
	r, err := appliedResource(e)
	if err != nil {
		return err
	}
	source, err := ends.Source(ctx, "source")
	if err != nil {
		return err
	}
	request := providers.VerifyRequest{
		Repo: providers.Repo{Settings: r.Settings, Identity: e.Identity}, Part: providers.PartCode, Every: depth.Every,
		Dir: filepath.Join(Workspace(depth.Workspace, e.Source, e.Identity), rawName(providers.PartCode)),
	}
	if _, err := os.Stat(request.Dir); err != nil {
		return &providers.Error{Code: providers.CodeNotFound, Op: "compare commits", Message: "the copy of the source's history is gone from the folder beside the state", Hint: "apply again with --restart", Err: err}
	}
	for v, err := range source.VerifyGit(ctx, request, nil) {
		if err != nil {
			return err
		}
		c.Checked.Commits++
		c.Checked.Files += v.Files
		for _, d := range v.Differences[:min(len(v.Differences), mostHistory-len(c.History))] {
			c.History = append(c.History, CommitDifference{Ref: v.Ref, Revision: v.Revision, Commit: v.Commit, Path: d.Path, Problem: d.Problem})
		}
	}
	return nil
}

func inspectOne(ctx context.Context, target providers.Target, e schema.Entry) (providers.Standing, error) {
	place := providers.Place{Namespace: e.Namespace, Name: e.Name, Ref: e.TargetRef, Block: e.Address.Kind(), Counts: true}
	for standing, err := range target.Inspect(ctx, []providers.Place{place}) {
		if err == nil && standing.Problem != nil {
			err = standing.Problem
		}
		return standing, err
	}
	return providers.Standing{}, providers.Errorf(providers.CodeInternal, "the provider told nothing about the target")
}

func refDifferences(was, is map[string]string) []Difference {
	var list []Difference
	for _, name := range sortedNames(was, is) {
		d := Difference{Kind: schema.KindRef, Name: name, Was: was[name], Is: is[name]}
		switch {
		case d.Was == d.Is:
			continue
		case d.Was == "":
			d.Text = "new"
		case d.Is == "":
			d.Text = "gone"
		default:
			d.Text = "moved"
		}
		list = append(list, d)
	}
	return list
}

func (c *Comparison) compareTargetRefs(left, now map[string]string) {
	c.Checked.Refs = len(left)
	for _, d := range refDifferences(left, now) {
		if d.Was == "" {
			c.Foreign = append(c.Foreign, d)
		} else {
			c.Target = append(c.Target, d)
		}
	}
}

func (c *Comparison) compareCounts(stored schema.Counts, held map[schema.Kind]int64) {
	for _, k := range schema.Kinds() {
		want := stored[k].Imported
		have, told := held[k]
		if !told || want == 0 && have == 0 {
			continue
		}
		c.Checked.Kinds++
		d := Difference{Kind: k, Was: fmt.Sprint(want), Is: fmt.Sprint(have)}
		switch {
		case have < want:
			d.Text = fmt.Sprintf("%d of %d are missing", want-have, want)
			c.Target = append(c.Target, d)
		case have > want:
			d.Text = fmt.Sprintf("%d more than were carried over", have-want)
			c.Foreign = append(c.Foreign, d)
		}
	}
}

// sampleSize is how many items of each kind a comparison asks for that is not a
// deep one.
const sampleSize = 20

// compareSample compares some items of each kind with what was left at the
// target: always the same ones, spread over all of them.
func (c *Comparison) compareSample(ctx context.Context, target providers.Target, e schema.Entry, memory Memory) error {
	type drawn struct {
		lot  string
		item schema.Item
	}
	sample := map[schema.Kind][]drawn{}
	err := memory.Items(ctx, e.Address, windowRecords, func(items []schema.Item) error {
		for _, item := range items {
			if item.Ref.Version == "" {
				continue // the target cannot tell a change
			}
			list := sample[item.Key.Kind]
			d := drawn{schema.Digest(item.Key), item}
			at, _ := slices.BinarySearchFunc(list, d, func(a, b drawn) int { return strings.Compare(a.lot, b.lot) })
			if at < sampleSize {
				list = slices.Insert(list, at, d)
				sample[item.Key.Kind] = list[:min(len(list), sampleSize)]
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, kind := range schema.Kinds() {
		var items []schema.Item
		for _, d := range sample[kind] {
			items = append(items, d.item)
		}
		if len(items) == 0 {
			continue
		}
		if err := c.findItems(ctx, target, e, memory, items); err != nil {
			return err
		}
	}
	return nil
}

// memoryOf looks up items of one resource.
type memoryOf struct {
	Memory
	address schema.Address
}

func (m memoryOf) Lookup(ctx context.Context, keys []schema.Key) ([]schema.Item, error) {
	return m.Memory.Lookup(ctx, m.address, keys)
}

// findItems asks the target for items one by one, and compares them with what
// was left there.
func (c *Comparison) findItems(ctx context.Context, target providers.Target, e schema.Entry, memory Memory, items []schema.Item) error {
	refs, err := findItems(ctx, target, e.TargetRef, memoryOf{memory, e.Address}, items)
	if err != nil {
		return err
	}
	c.Checked.Items += int64(len(items))
	for i, ref := range refs {
		d := Difference{Kind: items[i].Key.Kind, Name: items[i].Key.ID, Was: items[i].Ref.ID}
		switch was := items[i].Ref.Version; {
		case ref.ID == "":
			d.Text = "missing"
		case was != "" && ref.Version != "" && ref.Version != was:
			d.Is, d.Text = ref.URL, "changed at the target"
		default:
			continue
		}
		c.Target = append(c.Target, d)
	}
	return nil
}
