package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// fact is one line about a change: what it concerns, and what is to be known of
// it. Both are fit to be shown.
type fact struct {
	about string
	text  string
	code  bool // to be pasted, so never broken into lines
}

// What a change tells when not everything is asked for.
const (
	fewRefs   = 3
	fewPeople = 3
	mostValue = 60 // columns of a setting's value
)

// factsOf is what a reader should know about a change: what will move, why, and
// what will be lost.
func factsOf(c *engine.Change, full bool) []fact {
	var list []fact
	add := func(about, text string) {
		if text != "" {
			list = append(list, fact{about: about, text: text})
		}
	}
	if c.Action.Works() && c.Action != engine.ActionForget {
		add("git", gitFact(c))
		add("items", itemsFact(c))
		add("people", peopleFact(c.People))
		if runs(c, engine.StageImport) {
			add("import", "by the target itself, which pulls from the source, once")
		}
		for _, notice := range c.Notices {
			add("notice", shown(bounded(notice, mostDetail)))
		}
		add("rewrite", rewriteFact(c.Rewrites))
		add("cost", costFact(c))
	}
	if full {
		list = append(list, refFacts(c)...)
	}
	for i := range c.Reasons {
		list = append(list, reasonFacts(&c.Reasons[i])...)
	}
	list = append(list, driftFacts(c.Target.Drifted, full)...)
	if c.Action == engine.ActionOrphan {
		list = append(list, fact{"forget", "removed { from = " + shown(string(c.Address)) + " }", true})
	}
	return list
}

// gitFact tells what of the git data moves: everything when the repository goes
// to a new place, else what differs.
func gitFact(c *engine.Change) string {
	if c.Refs.New+c.Refs.Moved+c.Refs.Gone > 0 {
		return refsMoved(c.Refs)
	}
	if !runs(c, engine.StageFetch) && !runs(c, engine.StageImport) {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{{c.Source.Branches, "branch"}, {c.Source.Tags, "tag"}, {c.Source.OtherRefs, "other ref"}} {
		if p.n > 0 {
			parts = append(parts, plural(int64(p.n), p.noun))
		}
	}
	if c.Source.GitBytes > 0 {
		parts = append(parts, byteSize(c.Source.GitBytes))
	}
	if slices.Contains(c.Source.Parts, providers.PartWiki) {
		parts = append(parts, "and a wiki")
	}
	return strings.Join(parts, ", ")
}

// refsMoved names the first refs that moved and counts the others.
func refsMoved(r engine.RefChanges) string {
	var parts []string
	moved := r.Moved
	for _, m := range r.Shown {
		if m.From == "" || m.To == "" || len(parts) == fewRefs {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s..%s", refName(m.Name), abbreviated(m.From), abbreviated(m.To)))
		moved--
	}
	if moved > 0 {
		parts = append(parts, plural(int64(moved), "more ref")+" moved")
	}
	if r.New > 0 {
		parts = append(parts, plural(int64(r.New), "new ref"))
	}
	if r.Gone > 0 {
		parts = append(parts, plural(int64(r.Gone), "ref")+" gone at the source")
	}
	return strings.Join(parts, ", ")
}

// refName is a ref as people say it.
func refName(name string) string {
	if branch, ok := strings.CutPrefix(name, "refs/heads/"); ok {
		return clip(shown(branch), mostValue)
	}
	if tag, ok := strings.CutPrefix(name, "refs/tags/"); ok {
		return clip("tag "+shown(tag), mostValue)
	}
	return clip(shown(name), mostValue)
}

func refFacts(c *engine.Change) []fact {
	var list []fact
	for _, m := range c.Refs.Shown {
		text := fmt.Sprintf("~ %s %s..%s", refName(m.Name), abbreviated(m.From), abbreviated(m.To))
		switch {
		case m.From == "":
			text = fmt.Sprintf("+ %s %s", refName(m.Name), abbreviated(m.To))
		case m.To == "":
			text = fmt.Sprintf("? %s gone at the source, was %s", refName(m.Name), abbreviated(m.From))
		}
		list = append(list, fact{about: "ref", text: text})
	}
	if more := c.Refs.New + c.Refs.Moved + c.Refs.Gone - len(c.Refs.Shown); more > 0 {
		list = append(list, fact{about: "ref", text: plural(int64(more), "more ref")})
	}
	return list
}

// rewriteFact tells how much of a history gets other commit ids.
func rewriteFact(r *engine.Rewrites) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s of %s commits get another id; who has a clone must fetch it anew", grouped(r.Commits), grouped(r.Of))
}

// itemsFact counts what the source holds of the kinds that will be read.
func itemsFact(c *engine.Change) string {
	read := map[schema.Kind]bool{}
	for _, s := range c.Steps {
		for _, k := range s.Kinds {
			read[k] = true
		}
	}
	var parts []string
	for _, k := range sortedKinds(c.Source.Counts) {
		if n := c.Source.Counts[k]; n > 0 && read[k] {
			parts = append(parts, counted(n, k))
		}
	}
	return strings.Join(parts, ", ")
}

// sortedKinds are the keys of m in the order of schema.Kinds; kinds that are
// not records come last, by name.
func sortedKinds[V any](m map[schema.Kind]V) []schema.Kind {
	order := schema.Kinds()
	place := func(k schema.Kind) int {
		if i := slices.Index(order, k); i >= 0 {
			return i
		}
		return len(order)
	}
	list := make([]schema.Kind, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b schema.Kind) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		return strings.Compare(string(a), string(b))
	})
	return list
}

func peopleFact(p *engine.People) string {
	if p == nil || p.Authors == 0 {
		return ""
	}
	text := fmt.Sprintf("%s: %s mapped", plural(int64(p.Authors), "author"), grouped(int64(p.Mapped)))
	if p.Missing == 0 {
		return text
	}
	var names []string
	for _, a := range p.Unmatched[:min(len(p.Unmatched), fewPeople)] {
		names = append(names, fmt.Sprintf("%s with %s", clip(shown(a.RemoteID), mostValue), plural(a.Commits, "commit")))
	}
	text += fmt.Sprintf(", %s without a mapping", grouped(int64(p.Missing)))
	if len(names) == 0 {
		return text
	}
	if p.Missing > len(names) {
		names = append(names, "...")
	}
	return text + " (" + strings.Join(names, ", ") + ")"
}

func costFact(c *engine.Change) string {
	if c.Source.Requests == 0 || !runs(c, engine.StageRecords) {
		return ""
	}
	return "about " + plural(c.Source.Requests, "request")
}

func runs(c *engine.Change, stage engine.Stage) bool {
	return slices.ContainsFunc(c.Steps, func(s engine.Step) bool { return s.Stage == stage })
}

// reasonFacts says why, with the place in the plan files where there is one.
func reasonFacts(r *engine.Reason) []fact {
	var list []fact
	if r.Path == "" {
		list = append(list, fact{about: "why", text: shown(bounded(r.Text, mostDetail))})
	}
	for _, d := range settingsChanged(r) {
		list = append(list, fact{about: "setting", text: fmt.Sprintf("%s  %s -> %s", shown(d.path), valueText(d.before), valueText(d.after))})
	}
	if r.At == nil {
		return list
	}
	var at []string
	if !r.At.Range.IsZero() {
		at = append(at, shown(r.At.Range.String()))
	}
	if r.At.Level != "" {
		at = append(at, shown(r.At.Level))
	}
	return append(list, fact{about: "", text: "  " + strings.Join(at, ", ")})
}

// setting is one value that a reason says has changed.
type setting struct {
	path          string
	before, after json.RawMessage
}

// settingsChanged are the settings that a reason is about. Of a block of
// settings it names only those that differ.
func settingsChanged(r *engine.Reason) []setting {
	if r.Path == "" {
		return nil
	}
	before, after := object(r.Before), object(r.After)
	if before == nil && after == nil || before == nil && !absent(r.Before) || after == nil && !absent(r.After) {
		return []setting{{r.Path, r.Before, r.After}}
	}
	var list []setting
	for _, name := range sortedNames(before, after) {
		if !bytes.Equal(before[name], after[name]) {
			list = append(list, setting{r.Path + "." + name, before[name], after[name]})
		}
	}
	return list
}

// object returns the members of a JSON object in compact form, or nil for
// anything else.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	for name, v := range m {
		var b bytes.Buffer
		if json.Compact(&b, v) == nil {
			m[name] = b.Bytes()
		}
	}
	return m
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func sortedNames[V any](maps ...map[string]V) []string {
	var names []string
	for _, m := range maps {
		for name := range m {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func valueText(raw json.RawMessage) string {
	if absent(raw) {
		return "(not set)"
	}
	return clip(shown(bounded(string(raw), mostDetail)), mostValue)
}

// driftFacts lists the refs that someone else moved at the target.
func driftFacts(moves []engine.RefMove, full bool) []fact {
	var list []fact
	for i, m := range moves {
		if i == fewRefs && !full {
			list = append(list, fact{about: "drift", text: plural(int64(len(moves)-i), "more ref")})
			break
		}
		list = append(list, fact{about: "drift", text: fmt.Sprintf("%s moved at the target since the last apply: %s..%s", refName(m.Name), abbreviated(m.From), abbreviated(m.To))})
	}
	return list
}
