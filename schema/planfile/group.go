package planfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// A group block is a repository block about a group and all that is in it. The
// target's forge moves it by itself, so what tells Drover how to carry things
// over says nothing there.

// kindGroup is the kind of block that declares a group.
const kindGroup = "group"

// destinations are the words for a place at the target in the terms of GitLab's
// direct transfer, with the words that they stand for.
func destinations() []*word {
	return []*word{
		{Attribute: schema.Attribute{Name: "destination_slug", Type: schema.TypeString}, means: "new_name"},
		{Attribute: schema.Attribute{Name: "destination_name", Type: schema.TypeString, Deprecated: "Write destination_slug"}, means: "new_name"},
		{Attribute: schema.Attribute{Name: "destination_namespace", Type: schema.TypeString}, means: "target_namespace"},
	}
}

// onceEach reports settings of one block that say the same in two words.
func (l *loader) onceEach(settings []*setting) {
	meanings := make(map[string]string)
	for _, w := range destinations() {
		meanings[w.Name] = w.means
	}
	said := make(map[string]*setting)
	for _, s := range settings {
		what := s.name
		if m, ok := meanings[what]; ok {
			what = m
		}
		if first := said[what]; first != nil {
			l.problem("plan.attribute.twice", s.nameRange, "Said twice",
				fmt.Sprintf("%s says the same as %s at %s. Keep one of them.", s.name, first.name, place(first.rng)))
			continue
		}
		said[what] = s
	}
}

// form is what a block that declares resources is about.
type form int

const (
	formRepository form = iota // a repository
	formGist                   // a gist of those that a gists block lists
	formGists                  // all gists of an account at once
	formGroup
)

// concerns reports whether one of Drover's own settings says something about a
// resource of form f.
func (f form) concerns(name string) bool {
	outer, _, _ := strings.Cut(name, ".")
	switch f {
	case formRepository:
		return outer != "over_file_limit"
	case formGists:
		return slices.Contains([]string{"enabled", "method", "over_file_limit", "lifecycle"}, outer)
	case formGroup:
		return slices.Contains([]string{"enabled", "method", "target_namespace", "new_name", "lifecycle"}, outer)
	}
	return true
}

// why says why a setting does not concern a resource of form f.
func (f form) why(name string) string {
	switch f {
	case formGists:
		return fmt.Sprintf("The target's forge imports all gists of the source's account by itself, to where it wants them, so %q says nothing here. Remove it, or write method = \"direct\".", name)
	case formGroup:
		return fmt.Sprintf("The target's forge moves a group by itself, so %q says nothing in a group block. Remove it.", name)
	}
	return name + " is about gists; a repository block has none."
}

// leaveOut drops what was inherited from blocks that are about other things too.
func (f form) leaveOut(set map[string]entry) {
	for name, e := range set {
		if e.own() && !f.concerns(name) {
			delete(set, name)
		}
	}
	if e, ok := set["method"]; ok && f == formGroup && !e.is(schema.MethodImportAPI) {
		delete(set, "method")
	}
}

// unsaid reports what the block itself, or --set, says about things that do not
// concern its resources.
func (l *loader) unsaid(r *repository, set map[string]entry) {
	for _, name := range sortedKeys(set) {
		e := set[name]
		if inherited := e.origin.Level != r.block.level() && e.origin.Level != levelSet; inherited || !e.own() || r.form.concerns(name) {
			continue
		}
		l.findings.about = "--set"
		l.problem("plan.attribute.unknown", e.from.setting.nameRange, "Unsupported argument", r.form.why(e.from.setting.name))
		l.findings.about = ""
	}
	if r.form != formGroup {
		return
	}
	if f := r.refs["authors"]; f != nil && (f.varies || !f.constant.value.IsNull()) {
		l.problem("plan.attribute.unknown", f.nameRange, "Unsupported argument",
			"The target's forge moves a group by itself and decides who is who, so a group block has no authors. Remove the argument.")
	}
}
