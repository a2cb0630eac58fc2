package planfile

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// Result is what is known of a resource: repository.NAME in an output, and self
// in a postcondition.
type Result struct {
	Address schema.Address `json:"address"`

	// Pending says that an apply is still to come. What is empty is not known
	// then, nor is what an apply changes: phase, counts and numbers.
	Pending bool `json:"pending"`

	Source       string        `json:"source"` // source.github.acme
	Target       string        `json:"target"`
	Method       string        `json:"method"`
	Identity     string        `json:"identity"`  // at the source
	FullName     string        `json:"full_name"` // there
	SourceURL    string        `json:"source_url"`
	Namespace    string        `json:"namespace"` // at the target
	Name         string        `json:"name"`
	Path         string        `json:"path"`
	TargetID     string        `json:"target_id"`
	TargetURL    string        `json:"target_url"`
	VCS          string        `json:"vcs"` // the system that the source reads
	Phase        schema.Phase  `json:"phase"`
	ImportStatus string        `json:"import_status"` // the forge's own word, of an import by the forge
	Commits      int64         `json:"commit_count"`
	Authors      *int64        `json:"authors_count"` // people in the history; nil where nobody looked
	Counts       schema.Counts `json:"counts"`
}

// resultType is the type of a Result.
func resultType() cty.Type {
	text, number := cty.String, cty.Number
	count := cty.Object(map[string]cty.Type{"source": number, "fetched": number, "imported": number, "skipped": number, "failed": number})
	return cty.Object(map[string]cty.Type{
		"address": text, "source": text, "target": text, "method": text, "identity": text, "full_name": text, "source_url": text,
		"namespace": text, "name": text, "path": text, "target_id": text, "target_url": text, "vcs": text,
		"phase": text, "import_status": text, "commit_count": number, "authors_count": number, "counts": cty.Map(count),
	})
}

// attributes are r's as expressions see them.
func (r Result) attributes() map[string]cty.Value {
	text := func(s string) cty.Value {
		switch {
		case s != "":
			return cty.StringVal(s)
		case r.Pending:
			return cty.UnknownVal(cty.String)
		}
		return cty.NullVal(cty.String)
	}
	late := func(v cty.Value) cty.Value {
		if r.Pending {
			return cty.UnknownVal(v.Type())
		}
		return v
	}
	namespace := cty.StringVal(r.Namespace) // an empty one is the root
	return map[string]cty.Value{
		"address": cty.StringVal(string(r.Address)), "source": text(r.Source), "target": text(r.Target), "method": text(r.Method),
		"identity": text(r.Identity), "full_name": text(r.FullName), "source_url": text(r.SourceURL),
		"namespace": namespace, "name": text(r.Name), "path": text(r.Path),
		"target_id": text(r.TargetID), "target_url": text(r.TargetURL), "vcs": text(r.VCS),
		"phase": late(text(string(r.Phase))), "import_status": late(text(r.ImportStatus)),
		"commit_count": late(cty.NumberIntVal(r.Commits)), "authors_count": late(numberValue(r.Authors)),
		"counts": late(countsValue(r.Counts)),
	}
}

func numberValue(n *int64) cty.Value {
	if n == nil {
		return cty.NullVal(cty.Number)
	}
	return cty.NumberIntVal(*n)
}

func countsValue(counts schema.Counts) cty.Value {
	all := make(map[string]cty.Value, len(counts))
	for kind, c := range counts {
		all[string(kind)] = cty.ObjectVal(map[string]cty.Value{
			"source": cty.NumberIntVal(c.Source), "fetched": cty.NumberIntVal(c.Fetched), "imported": cty.NumberIntVal(c.Imported),
			"skipped": cty.NumberIntVal(c.Skipped), "failed": cty.NumberIntVal(c.Failed),
		})
	}
	if len(all) == 0 {
		return cty.MapValEmpty(resultType().AttributeType("counts").ElementType())
	}
	return cty.MapVal(all)
}

// resultsOf is the value of a block that declares resources: an object, or a map
// of objects by their keys when it has many.
func (l *loader) resultsOf(b *block) cty.Value {
	one := resultType()
	many := l.many(b)
	if l.results == nil {
		if many {
			return cty.UnknownVal(cty.Map(one))
		}
		return cty.UnknownVal(one)
	}
	all := make(map[string]cty.Value)
	for _, r := range l.results[b.address()] {
		key, keyed := r.Address.Key()
		switch value := cty.ObjectVal(r.attributes()); {
		case keyed != many: // of a time when the block was another
		case !many:
			return value
		default:
			all[key] = value
		}
	}
	switch {
	case !many:
		return cty.UnknownVal(one) // nothing has become of it yet
	case len(all) == 0:
		return cty.MapValEmpty(one)
	}
	return cty.MapVal(all)
}

// many reports whether a block declares resources with keys.
func (l *loader) many(b *block) bool {
	if b.kind == kindGists {
		return !l.atOnce(b)
	}
	return l.read(b.body, resourceShape()).find("for_each") != nil
}

// know makes results what expressions can name.
func (l *loader) know(results []Result) {
	l.results = make(map[string][]Result)
	for _, r := range results {
		l.results[r.Address.Block()] = append(l.results[r.Address.Block()], r)
	}
}
