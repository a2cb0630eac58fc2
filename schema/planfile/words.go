package planfile

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	ctyconvert "github.com/zclconf/go-cty/cty/convert"

	"github.com/drover-migrate/drover/schema"
)

// ownWords are the settings of a resource that Drover itself understands.
func ownWords() map[string]*word {
	all := []*word{
		{Attribute: schema.Attribute{Name: "enabled", Type: schema.TypeBool}},
		choice("method", schema.MethodDirect, schema.MethodImportAPI),
		{Attribute: schema.Attribute{Name: "target_namespace", Type: schema.TypeString}},
		{Attribute: schema.Attribute{Name: "new_name", Type: schema.TypeString}},
		choice("mentions", "link", "notify"),
		choice("over_file_limit", "skip", "split", "keep"),
		{Attribute: schema.Attribute{Name: "items.include", Type: schema.TypeStringList}, parse: parseKinds},
		{Attribute: schema.Attribute{Name: "items.exclude", Type: schema.TypeStringList}, parse: parseKinds},
		{Attribute: schema.Attribute{Name: "large_files.threshold", Type: schema.TypeNumber}, parse: parseSize},
		choice("large_files.use_lfs", "opt_in", "opt_out", "undecided"),
		{Attribute: schema.Attribute{Name: "large_files.paths", Type: schema.TypeStringList}, parse: parseGlobs},
		{Attribute: schema.Attribute{Name: "timeouts.fetch", Type: schema.TypeString}, parse: parseDuration},
		{Attribute: schema.Attribute{Name: "timeouts.push", Type: schema.TypeString}, parse: parseDuration},
		{Attribute: schema.Attribute{Name: "timeouts.records", Type: schema.TypeString}, parse: parseDuration},
		choice("lifecycle.on_orphan", "keep", "archive"),
		choice("lifecycle.on_source_drift", "follow", "pin", "stop"),
		choice("lifecycle.on_target_drift", "stop", "overwrite"),
		choice("lifecycle.on_ref_gone", "keep", "delete"),
		choice("lifecycle.on_conflict", "error", "adopt"),
		{Attribute: schema.Attribute{Name: "lifecycle.protect", Type: schema.TypeBool}},
	}
	words := make(map[string]*word, len(all))
	for _, w := range all {
		w.ty = typeOf(w.Type)
		words[w.Name] = w
	}
	return words
}

func choice(name string, values ...string) *word {
	return &word{Attribute: schema.Attribute{Name: name, Type: schema.TypeString, Values: values}}
}

// nestedWords are the nested blocks that ownWords describes, with their
// attributes.
func nestedWords() map[string][]string {
	blocks := make(map[string][]string)
	for _, name := range sortedKeys(ownWords()) {
		if block, attr, nested := strings.Cut(name, "."); nested {
			blocks[block] = append(blocks[block], attr)
		}
	}
	return blocks
}

// parseTexts reads a list of texts.
func parseTexts(v cty.Value) (cty.Value, error) {
	list, err := ctyconvert.Convert(v, cty.List(cty.String))
	if err != nil {
		return cty.NilVal, err
	}
	for _, e := range list.AsValueSlice() {
		if e.IsNull() {
			return cty.NilVal, errors.New("its elements must not be null")
		}
	}
	return list, nil
}

// parseKinds reads a list of kinds of records.
func parseKinds(v cty.Value) (cty.Value, error) {
	list, err := parseTexts(v)
	if err != nil {
		return cty.NilVal, err
	}
	var known []string
	for _, k := range schema.Kinds() {
		known = append(known, string(k))
	}
	for _, e := range list.AsValueSlice() {
		kind := e.AsString()
		if schema.Kind(kind).Known() {
			continue
		}
		if near := schema.Nearest(kind, known); near != "" {
			return cty.NilVal, fmt.Errorf("%q is no kind of item; did you mean %q?", schema.Printable(kind), near)
		}
		return cty.NilVal, fmt.Errorf("%q is no kind of item; the kinds are %s", schema.Printable(kind), enumerate(known, "and"))
	}
	return list, nil
}

// parseGlobs reads a list of patterns.
func parseGlobs(v cty.Value) (cty.Value, error) {
	list, err := parseTexts(v)
	if err != nil {
		return cty.NilVal, err
	}
	for _, e := range list.AsValueSlice() {
		if _, err := schema.MatchGlob(e.AsString(), ""); err != nil {
			return cty.NilVal, fmt.Errorf("the pattern %q is malformed: %w", schema.Printable(e.AsString()), err)
		}
	}
	return list, nil
}

// parseSize reads a number of bytes: 104857600, "100MB" or "100 MiB".
func parseSize(v cty.Value) (cty.Value, error) {
	if v.Type() != cty.Number && v.Type() != cty.String {
		return cty.NilVal, errors.New("a number of bytes or a text such as \"100MB\" is required")
	}
	text := v
	if v.Type() == cty.Number {
		var err error
		if text, err = ctyconvert.Convert(v, cty.String); err != nil {
			return cty.NilVal, err
		}
	}
	bytes, err := byteSize(text.AsString())
	if err != nil {
		return cty.NilVal, err
	}
	return cty.NumberIntVal(bytes), nil
}

// byteSize is the size that a text such as 1.5GiB means, in bytes.
func byteSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "BbKkMGiIg ")
	unit := strings.TrimSpace(text[len(digits):])
	units := map[string]int64{
		"": 1, "B": 1,
		"kB": 1e3, "MB": 1e6, "GB": 1e9,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
	}
	factor, ok := units[unit]
	malformed := fmt.Errorf("%q is no size; write a number of bytes, or one with B, kB, MB, GB, KiB, MiB or GiB", schema.Printable(text))
	// A size has few digits; big.Rat would spend long on 1e999999999.
	if !ok || digits == "" || len(digits) > 20 || strings.Trim(digits, "0123456789.") != "" {
		return 0, malformed
	}
	n, ok := new(big.Rat).SetString(digits)
	if !ok {
		return 0, malformed
	}
	n.Mul(n, new(big.Rat).SetInt64(factor))
	if !n.IsInt() || !n.Num().IsInt64() {
		return 0, fmt.Errorf("%q is not a whole number of bytes, or too large", schema.Printable(text))
	}
	return n.Num().Int64(), nil
}

// parseDuration reads a time such as "90s" or "2h30m".
func parseDuration(v cty.Value) (cty.Value, error) {
	text, err := ctyconvert.Convert(v, cty.String)
	if err != nil {
		return cty.NilVal, err
	}
	if d, err := time.ParseDuration(text.AsString()); err != nil || d <= 0 {
		return cty.NilVal, fmt.Errorf("%q is no time; write one such as \"90s\" or \"2h30m\"", schema.Printable(text.AsString()))
	}
	return text, nil
}
