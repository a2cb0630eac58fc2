package planfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/drover-migrate/drover/schema"
)

func decodingFunctions() []builtin {
	return []builtin{
		{"csvdecode(text)", "A list of objects, one for each line of the CSV text; the first line names their attributes.", decodeFunction(csvType, csvValue)},
		{"jsondecode(text)", "The value that the JSON text describes.", decodeFunction(jsonType, ctyjson.Unmarshal)},
		{"jsonencode(value)", "The value as JSON text.", checked(stdlib.JSONEncodeFunc, noReferences, noLongNumbers)},
		{"yamldecode(text)", "The value that the YAML text describes.", decodeFunction(yamlType, yaml.Unmarshal)},
		{"yamlencode(value)", "The value as YAML text.", checked(yaml.YAMLEncodeFunc, noReferences, noLongNumbers)},
	}
}

// decodeFunction is a function of a text in some format. The text itself
// decides the type of the result.
func decodeFunction(typ func([]byte) (cty.Type, error), value func([]byte, cty.Type) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "text", Type: cty.String}},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !args[0].IsKnown() {
				return cty.DynamicPseudoType, nil
			}
			t, err := typ([]byte(args[0].AsString()))
			if err != nil {
				return cty.NilType, function.NewArgError(0, err)
			}
			return t, nil
		},
		Impl: func(args []cty.Value, t cty.Type) (cty.Value, error) {
			v, err := value([]byte(args[0].AsString()), t)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return v, nil
		},
	})
}

// csvReader skips the byte order mark that spreadsheets put before the text;
// it would become part of the first column's name.
func csvReader(text []byte) *csv.Reader {
	return csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\uFEFF"))))
}

func csvType(text []byte) (cty.Type, error) {
	header, err := csvReader(text).Read()
	switch {
	case errors.Is(err, io.EOF):
		return cty.NilType, errors.New("the CSV text has no header line")
	case err != nil:
		return cty.NilType, csvError(err, 0)
	}
	columns := make(map[string]cty.Type, len(header))
	for i, name := range header {
		name = cty.NormalizeString(name)
		if name == "" {
			return cty.NilType, fmt.Errorf("column %d of the CSV text has no name", i+1)
		}
		if _, taken := columns[name]; taken {
			return cty.NilType, fmt.Errorf("two columns of the CSV text have the name %q", schema.Printable(name))
		}
		columns[name] = cty.String
	}
	return cty.List(cty.Object(columns)), nil
}

func csvValue(text []byte, t cty.Type) (cty.Value, error) {
	r := csvReader(text)
	header, err := r.Read()
	if err != nil {
		return cty.NilVal, csvError(err, 0)
	}
	r.ReuseRecord = true
	header = append([]string(nil), header...)
	var rows []cty.Value
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cty.NilVal, csvError(err, len(header))
		}
		row := make(map[string]cty.Value, len(cells))
		for i, cell := range cells {
			row[header[i]] = cty.StringVal(cell)
		}
		rows = append(rows, cty.ObjectVal(row))
	}
	if len(rows) == 0 {
		return cty.ListValEmpty(t.ElementType()), nil
	}
	return cty.ListVal(rows), nil
}

func csvError(err error, columns int) error {
	var e *csv.ParseError
	switch {
	case !errors.As(err, &e):
		return err
	case errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("line %d of the CSV text does not have the %d cells of the header line", e.Line, columns)
	}
	return fmt.Errorf("line %d of the CSV text is malformed: %w", e.Line, e.Err)
}

// jsonType lets encoding/json look first: it bounds the depth, which cty's own
// parser does not, and Go ends the process when a stack overflows.
func jsonType(text []byte) (cty.Type, error) {
	if !json.Valid(text) {
		return cty.NilType, jsonError(text)
	}
	return ctyjson.ImpliedType(text)
}

func jsonError(text []byte) error {
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	var e *json.SyntaxError
	if errors.As(err, &e) {
		read := text[:min(int(e.Offset), len(text))]
		return fmt.Errorf("line %d of the JSON text is malformed: %w", 1+bytes.Count(read, []byte("\n")), err)
	}
	return err
}

// yamlType refuses what small texts can do to the parser: nest so deeply that
// it needs the square of the time or all of the stack, and multiply through
// aliases of aliases.
func yamlType(text []byte) (cty.Type, error) {
	const (
		mostFlows  = 10_000
		mostDashes = 1_000
		mostValues = 1_000_000
	)
	if flows := bytes.Count(text, []byte("[")) + bytes.Count(text, []byte("{")); flows > mostFlows {
		return cty.NilType, fmt.Errorf(`the YAML text has more than %d "[" and "{"; write it without them, or as JSON`, mostFlows)
	}
	for line := range bytes.Lines(text) {
		if bytes.Count(line, []byte("- "))+bytes.Count(line, []byte("-\t")) > mostDashes {
			return cty.NilType, fmt.Errorf("the YAML text has a line with more than %d lists in each other", mostDashes)
		}
	}
	t, err := yaml.ImpliedType(text)
	if err != nil {
		return cty.NilType, err
	}
	if left := mostValues; !fewer(t, &left) {
		return cty.NilType, fmt.Errorf("the YAML text stands for more than %d values once its aliases are followed", mostValues)
	}
	return t, nil
}

// fewer reports whether t consists of fewer than left types, and takes them
// from left.
func fewer(t cty.Type, left *int) bool {
	if *left--; *left <= 0 {
		return false
	}
	switch {
	case t.IsTupleType():
		for _, e := range t.TupleElementTypes() {
			if !fewer(e, left) {
				return false
			}
		}
	case t.IsObjectType():
		for _, a := range t.AttributeTypes() {
			if !fewer(a, left) {
				return false
			}
		}
	}
	return true
}
