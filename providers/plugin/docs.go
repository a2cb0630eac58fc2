package plugin

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Docs returns the documentation of a provider in Markdown, made from its
// description alone.
func Docs(d providers.Description) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Provider %s\n\n%s\n\nVersion %s.\n", inline(d.Name), d.Doc, inline(d.Version))
	if d.Source != nil {
		writeSource(&b, d.Source)
	}
	if d.Target != nil {
		writeTarget(&b, d.Target)
	}
	return b.String()
}

func writeSource(b *strings.Builder, d *providers.SourceDescription) {
	b.WriteString("\n## As a source\n\n")
	if d.Git {
		b.WriteString("Reads git data.\n")
	} else {
		b.WriteString("Does not read git data.\n")
	}
	for _, stream := range d.Streams {
		plurals := make([]string, len(stream.Kinds))
		for i, kind := range stream.Kinds {
			plurals[i] = inline(kind.Plural())
		}
		fmt.Fprintf(b, "Reads %s together, as the stream `%s`.\n", strings.Join(plurals, ", "), inline(stream.Name))
	}
	writeScopes(b, d.Scopes)
	writeAttributes(b, "The source block", d.Settings)
	writeAttributes(b, "A repository block that reads from it", d.Repository)
	for _, kind := range slices.Sorted(maps.Keys(d.Discover)) {
		writeAttributes(b, fmt.Sprintf("A discover block of %s", inline(kind)), d.Discover[kind])
	}
}

func writeTarget(b *strings.Builder, d *providers.TargetDescription) {
	b.WriteString("\n## As a target\n")
	if d.Rewrites {
		b.WriteString("\nReferences and links in texts are made to point at what was migrated.\n")
	} else {
		b.WriteString("\nTexts are kept as they were.\n")
	}
	writeScopes(b, d.Scopes)
	if len(d.Kinds) > 0 {
		b.WriteString("\n| Kind | Author | Dates | Number | What is lost |\n|---|---|---|---|---|\n")
	}
	for _, s := range d.Kinds {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n",
			cell(s.Kind.Plural()), yes(s.Author), yes(s.Dates), yes(s.Number), cell(s.Degraded))
	}
	writeAttributes(b, "The target block", d.Settings)
	writeAttributes(b, "A repository block that goes there", d.Placement)
}

func writeScopes(b *strings.Builder, scopes []string) {
	if len(scopes) == 0 {
		return
	}
	b.WriteString("\nThe credential needs:\n\n")
	for _, scope := range scopes {
		fmt.Fprintf(b, "- %s\n", inline(scope))
	}
}

func writeAttributes(b *strings.Builder, title string, attributes schema.Attributes) {
	if len(attributes) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n| Attribute | Type | Required | Default | Meaning |\n|---|---|---|---|---|\n", title)
	for _, a := range flattened(attributes) {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", cell(a.Name), cell(string(a.Type)), yes(a.Required), code(a.Default), cell(meaning(a)))
	}
}

// flattened puts the fields of blocks behind them, with dotted names.
func flattened(attributes schema.Attributes) schema.Attributes {
	var all schema.Attributes
	for _, a := range attributes {
		all = append(all, a)
		for _, f := range a.Fields {
			f.Name = a.Name + "." + f.Name
			all = append(all, f)
		}
	}
	return all
}

// meaning is an attribute's documentation with all that restricts it.
func meaning(a schema.Attribute) string {
	says := []string{a.Doc}
	if len(a.Values) > 0 {
		says = append(says, "One of: "+strings.Join(a.Values, ", ")+".")
	}
	switch {
	case a.Min != nil && a.Max != nil:
		says = append(says, fmt.Sprintf("From %d to %d.", *a.Min, *a.Max))
	case a.Min != nil:
		says = append(says, fmt.Sprintf("At least %d.", *a.Min))
	case a.Max != nil:
		says = append(says, fmt.Sprintf("At most %d.", *a.Max))
	}
	if a.Secret {
		says = append(says, "A secret: only a reference to a secret block is accepted.")
	}
	if a.Group != "" {
		says = append(says, fmt.Sprintf("Belongs to the group %q, of which one is set as a whole.", a.Group))
	}
	switch a.OnChange {
	case schema.EffectResync:
		says = append(says, "A change reads and writes again what differs.")
	case schema.EffectRewrite:
		says = append(says, "A change gives the history new commit ids.")
	case schema.EffectNewTarget:
		says = append(says, "A change makes it another repository.")
	}
	if a.Deprecated != "" {
		says = append(says, "Deprecated: "+a.Deprecated)
	}
	return strings.Join(says, " ")
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}

// inline is s on one line.
func inline(s string) string { return strings.Join(strings.Fields(schema.PrintableText(s)), " ") }

// cell is s fit for a cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(inline(s), "|", `\|`) }
