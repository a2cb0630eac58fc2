package gitlabtest

import (
	"cmp"
	"slices"
	"strings"
)

// place reads where a note on a diff stands, and refuses a place that the diff does
// not have.
func (c *call) place(i *Item, n *Note) error {
	given, ok := c.in["position"].(object)
	if !ok {
		return malformed("position is invalid")
	}
	p := &Position{
		Base: textOf(given["base_sha"]), Start: textOf(given["start_sha"]), Head: textOf(given["head_sha"]), Type: textOf(given["position_type"]),
		OldPath: textOf(given["old_path"]), NewPath: textOf(given["new_path"]), OldLine: numberOf(textOf(given["old_line"])), NewLine: numberOf(textOf(given["new_line"])),
		Width: numberOf(textOf(given["width"])), Height: numberOf(textOf(given["height"])), X: float64(numberOf(textOf(given["x"]))), Y: float64(numberOf(textOf(given["y"]))),
	}
	p.LineRange, _ = given["line_range"].(object)
	var problems []string
	for _, name := range []string{"base_sha", "start_sha", "head_sha", "position_type"} {
		if _, there := given[name]; !there {
			problems = append(problems, "position["+name+"] is missing")
		}
	}
	if len(problems) > 0 {
		return malformed(strings.Join(problems, ", "))
	}
	if !slices.Contains([]string{"text", "image", "file"}, p.Type) {
		return malformed("position[position_type] does not have a valid value")
	}
	if i.Kind != "MergeRequest" && i.Kind != "Commit" {
		return noteFailure("noteable_type", "is not included in the list")
	}
	n.Position, n.CommitID = p, c.text("commit_id")
	if p.Base == "" || p.Start == "" || p.Head == "" || cmp.Or(p.NewPath, p.OldPath) == "" || p.Type == "text" && p.OldLine == 0 && p.NewLine == 0 {
		return noteFailure("position", "is incomplete")
	}
	if p.Type != "text" {
		return nil
	}
	return c.onDiff(i.Project, p)
}

// onDiff refuses a line that is not in the diff between two commits.
func (c *call) onDiff(project *Project, p *Position) error {
	git := c.codeGit(project)
	refused := noteFailure("line_code", "can't be blank", "must be a valid line code")
	for _, id := range []string{p.Base, p.Start, p.Head} {
		if git.Resolve(id) != id {
			return refused
		}
	}
	base := git.MergeBase(p.Start, p.Head)
	if p.Base == p.Start || base == "" {
		base = p.Base
	}
	paths := slices.Compact([]string{cmp.Or(p.OldPath, p.NewPath), cmp.Or(p.NewPath, p.OldPath)})
	all, err := diffs(git, base, p.Head, paths...)
	if err != nil {
		return err
	}
	for _, f := range all {
		if _, there := f.find(p.OldLine, p.NewLine); there && (f.new == p.NewPath || f.old == p.OldPath) {
			return nil
		}
	}
	return refused
}
