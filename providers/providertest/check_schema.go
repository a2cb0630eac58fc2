package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

func schemaChecks() []check {
	return []check{
		{"Schema", "attributes are named, typed and documented", LevelGit, eachAttribute(checkAttribute)},
		{"Schema", "defaults are values that the attribute accepts", LevelGit, eachAttribute(checkDefault)},
		{"Schema", "secret attributes are strings without a default", LevelGit, eachAttribute(checkSecretAttribute)},
		{"Schema", "streams and kinds are known and named once", LevelGit, checkKinds},
	}
}

// block is one block of a plan file and its attributes.
type block struct {
	name       string
	attributes schema.Attributes
}

// blocks lists all that the description says about plan files.
func (b *bench) blocks() []block {
	var list []block
	if d := b.about.Source; d != nil {
		list = append(list, block{"source", d.Settings}, block{"repository", d.Repository})
		for _, kind := range slices.Sorted(maps.Keys(d.Discover)) {
			list = append(list, block{"discover " + kind, d.Discover[kind]})
		}
	}
	if d := b.about.Target; d != nil {
		list = append(list, block{"target", d.Settings}, block{"placement", d.Placement})
	}
	return list
}

// eachAttribute makes a check of all attributes out of a check of one.
func eachAttribute(judge func(a schema.Attribute) error) func(context.Context, *bench) error {
	return func(_ context.Context, b *bench) error {
		var errs []error
		for _, block := range b.blocks() {
			for _, a := range block.attributes {
				if err := judge(a); err != nil {
					errs = append(errs, fmt.Errorf("%s of %s: %w", a.Name, block.name, err))
				}
			}
		}
		return errors.Join(errs...)
	}
}

func checkAttribute(a schema.Attribute) error {
	identifier := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	types := []schema.Type{schema.TypeString, schema.TypeNumber, schema.TypeBool, schema.TypeStringList, schema.TypeStringMap, schema.TypeBoolMap, schema.TypeBlock}
	effects := []schema.Effect{schema.EffectNone, schema.EffectResync, schema.EffectRewrite, schema.EffectNewTarget}
	switch {
	case !identifier.MatchString(a.Name):
		return errors.New("the name is not made of lower-case letters, digits and underscores")
	case !slices.Contains(types, a.Type):
		return fmt.Errorf("there is no type %q", a.Type)
	case !slices.Contains(effects, a.OnChange):
		return fmt.Errorf("there is no effect %q of a change", a.OnChange)
	case !strings.HasSuffix(a.Doc, "."):
		return errors.New("the documentation is not a sentence that ends in a full stop")
	case a.Deprecated != "" && (a.Required || !strings.Contains(strings.TrimSpace(a.Deprecated), " ")):
		return errors.New("a deprecated attribute says what to write instead, and is not required")
	case (len(a.Fields) > 0) != (a.Type == schema.TypeBlock):
		return errors.New("a block has fields, and nothing else has")
	case a.Type == schema.TypeBlock && (a.Secret || a.Required || a.Default != ""):
		return errors.New("a block is neither secret nor required, and has no default")
	case len(a.Values) > 0 && a.Type != schema.TypeString && a.Type != schema.TypeStringList:
		return errors.New("only strings can have a list of values")
	case (a.Min != nil || a.Max != nil) && a.Type != schema.TypeNumber:
		return errors.New("only numbers have bounds")
	case a.Min != nil && a.Max != nil && *a.Min > *a.Max:
		return fmt.Errorf("nothing lies between %d and %d", *a.Min, *a.Max)
	}
	for _, f := range a.Fields {
		if f.Type == schema.TypeBlock || f.Secret || f.Required || f.Default != "" {
			return fmt.Errorf("its field %q is a block, secret, required, or has a default", f.Name)
		}
		if err := checkAttribute(f); err != nil {
			return fmt.Errorf("its field %q: %w", f.Name, err)
		}
	}
	return nil
}

func checkDefault(a schema.Attribute) error {
	if a.Default == "" {
		return nil
	}
	if a.Required {
		return errors.New("a required attribute has no use for a default")
	}
	value, err := decodeDefault(a)
	if err != nil {
		return fmt.Errorf("the default %s is not the JSON of a %s: %w", a.Default, a.Type, err)
	}
	switch v := value.(type) {
	case *string:
		if len(a.Values) > 0 && !slices.Contains(a.Values, *v) {
			return fmt.Errorf("the default %q is not one of %s", *v, strings.Join(a.Values, ", "))
		}
	case *float64:
		if a.Min != nil && *v < float64(*a.Min) || a.Max != nil && *v > float64(*a.Max) {
			return fmt.Errorf("the default %s is out of bounds", a.Default)
		}
	}
	return nil
}

func decodeDefault(a schema.Attribute) (any, error) {
	var into any
	switch a.Type {
	case schema.TypeString:
		into = new(string)
	case schema.TypeNumber:
		into = new(float64)
	case schema.TypeBool:
		into = new(bool)
	case schema.TypeStringList:
		into = new([]string)
	case schema.TypeStringMap:
		into = new(map[string]string)
	case schema.TypeBoolMap:
		into = new(map[string]bool)
	default:
		return nil, fmt.Errorf("there is no type %q", a.Type)
	}
	if a.Default == "null" {
		return nil, errors.New("it is null")
	}
	return into, json.Unmarshal([]byte(a.Default), into)
}

func checkSecretAttribute(a schema.Attribute) error {
	switch {
	case !a.Secret:
		return nil
	case a.Type != schema.TypeString:
		return fmt.Errorf("a secret is text, not a %s", a.Type)
	case a.Default != "" || len(a.Values) > 0:
		return errors.New("a secret that the description knows is none")
	}
	return nil
}

func checkKinds(_ context.Context, b *bench) error {
	var errs []error
	known := func(where string, kind schema.Kind) {
		if !kind.Known() {
			errs = append(errs, fmt.Errorf("%s names the unknown kind %q", where, kind))
		}
	}
	if d := b.about.Source; d != nil {
		names := map[string]bool{}
		for _, stream := range d.Streams {
			kinds := map[schema.Kind]bool{} // two streams may have the same: an attachment of an issue, and of a release
			if stream.Name == "" || names[stream.Name] || len(stream.Kinds) == 0 {
				errs = append(errs, fmt.Errorf("the stream %q has no name of its own, or no kinds", stream.Name))
			}
			names[stream.Name] = true
			for _, kind := range stream.Kinds {
				known("the stream "+stream.Name, kind)
				if kinds[kind] {
					errs = append(errs, fmt.Errorf("the stream %s names the kind %s twice", stream.Name, kind))
				}
				kinds[kind] = true
			}
		}
		if !d.Git && len(d.Streams) == 0 {
			errs = append(errs, errors.New("the source has neither git data nor streams"))
		}
	}
	if d := b.about.Target; d != nil {
		kinds := map[schema.Kind]bool{}
		for _, s := range d.Kinds {
			known("the target", s.Kind)
			if kinds[s.Kind] {
				errs = append(errs, fmt.Errorf("the target tells twice how it carries the kind %s", s.Kind))
			}
			kinds[s.Kind] = true
		}
		if d.Batch < 1 {
			errs = append(errs, fmt.Errorf("the target takes batches of %d records", d.Batch))
		}
	}
	return errors.Join(errs...)
}
