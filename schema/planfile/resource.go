package planfile

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-migrate/drover/schema"
)

// resource is a schema.Resource with what is to be refused about it.
type resource struct {
	schema.Resource
	refusals []refusal
}

// fill puts the settings into res. It reports whether all are known and the
// instance is enabled.
func (l *loader) fill(res *resource, set map[string]entry) bool {
	settings, placement := make(map[string]any), make(map[string]any)
	known := true
	for name, e := range set {
		if !e.known() || e.value.Type().IsCapsuleType() {
			known = false
			continue
		}
		if e.word == nil || e.word.setting {
			put(settings, name, e.raw)
		}
		if e.word != nil && e.word.placement {
			put(placement, name, e.raw)
		}
	}
	if !known {
		return false
	}
	if e, ok := set["enabled"]; ok && e.value.False() {
		return false
	}
	text := func(name, otherwise string) string {
		if e, ok := set[name]; ok {
			return e.value.AsString()
		}
		return otherwise
	}
	list := func(name string) []string {
		if e, ok := set[name]; ok {
			return texts(e.value)
		}
		return nil
	}
	res.Settings, res.Placement = encode(settings), encode(placement)
	res.Namespace, res.Name = text("target_namespace", ""), text("new_name", "")
	if res.OverFileLimit = text("over_file_limit", ""); res.OverFileLimit == "" && res.Address.Kind() == kindGists {
		res.OverFileLimit = "skip"
	}
	if res.Mentions = text("mentions", ""); res.Mentions == "link" {
		res.Mentions = "" // the default, however it is written
	}
	res.Items = schema.Items{Include: kinds(list("items.include")), Exclude: kinds(list("items.exclude"))}
	res.LargeFiles = schema.LargeFiles{UseLFS: text("large_files.use_lfs", ""), Paths: list("large_files.paths")}
	if e, ok := set["large_files.threshold"]; ok {
		res.LargeFiles.Threshold = integer(e.value)
	}
	if hasEntry(set, "large_files") && res.LargeFiles.UseLFS == "" {
		res.LargeFiles.UseLFS = "undecided"
	}
	res.Timeouts = schema.Timeouts{Fetch: text("timeouts.fetch", ""), Push: text("timeouts.push", ""), Records: text("timeouts.records", "")}
	d := schema.DefaultLifecycle()
	res.Lifecycle = schema.Lifecycle{
		OnOrphan:      text("lifecycle.on_orphan", d.OnOrphan),
		OnSourceDrift: text("lifecycle.on_source_drift", d.OnSourceDrift),
		OnTargetDrift: text("lifecycle.on_target_drift", d.OnTargetDrift),
		OnRefGone:     text("lifecycle.on_ref_gone", d.OnRefGone),
		OnConflict:    text("lifecycle.on_conflict", d.OnConflict),
	}
	if e, ok := set["lifecycle.protect"]; ok {
		res.Lifecycle.Protect = e.value.True()
	}
	checkPlace(res, set)
	return true
}

func kinds(names []string) []schema.Kind {
	var out []schema.Kind
	for _, n := range names {
		out = append(out, schema.Kind(n))
	}
	return out
}

// checkPlace refuses names that would lead elsewhere than they say. They can
// come from a source, where anyone may have chosen them, so they concern this
// resource only. Whether the target likes a name is for its provider to judge.
func checkPlace(res *resource, set map[string]entry) {
	refuse := func(name, value, why string) {
		d := &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Extra:    code("plan.target.name"),
			Summary:  "Unusable name",
			Subject:  hclRange(res.Range),
		}
		if from := set[name].from; from.setting != nil {
			d.Subject = from.setting.expr.Range().Ptr()
			d.Expression, d.EvalContext = from.setting.expr, from.ctx
			name = from.setting.name
		}
		d.Detail = fmt.Sprintf("%s comes to %s, which %s. Set %s to another name.", name, inQuotes(value), why, name)
		res.refusals = append(res.refusals, refusal{res.Address, d})
	}
	segment := func(s string) string {
		switch {
		case s == "." || s == "..":
			return "leads to another folder"
		case schema.Printable(s) != s:
			return "has characters that do not show"
		case strings.Contains(s, `\`):
			return "has a backslash"
		}
		return ""
	}
	if res.Namespace != "" {
		for s := range strings.SplitSeq(res.Namespace, "/") {
			why := segment(s)
			if s == "" {
				why = "has an empty part between slashes"
			}
			if why != "" {
				refuse("target_namespace", res.Namespace, why)
				break
			}
		}
	}
	if why := segment(res.Name); why != "" {
		refuse("new_name", res.Name, why)
	} else if strings.Contains(res.Name, "/") {
		refuse("new_name", res.Name, "has a slash; the part before it belongs into target_namespace")
	}
}
