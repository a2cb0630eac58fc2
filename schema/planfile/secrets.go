package planfile

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/drover-migrate/drover/schema"
)

// secret reads a secret block: where a credential comes from. Its text is read
// elsewhere, when a provider is configured.
func (l *loader) secret(b *block) {
	ways := []string{"command", "env", "file", "prompt"}
	c := l.read(b.body, shape{attributes: append(ways, "timeout")})
	out := schema.Secret{Name: b.name(), Range: schemaRange(b.rng)}
	var used []string
	for _, s := range c.settings {
		if s.name != "timeout" {
			used = append(used, s.name)
		}
		w := &word{Attribute: schema.Attribute{Name: s.name}, ty: cty.String, parse: parsePlainText}
		switch s.name {
		case "command":
			w.ty, w.parse = cty.List(cty.String), parseCommand
		case "timeout":
			w.parse = parseDuration
		}
		r, ctx := l.evaluateIn(s.expr, scope{})
		v := l.check(w, false, given{s, r.value, ctx})
		if !v.IsWhollyKnown() || v.IsNull() {
			continue
		}
		switch s.name {
		case "env":
			out.Env = v.AsString()
		case "file":
			out.File = v.AsString()
		case "prompt":
			out.Prompt = v.AsString()
		case "timeout":
			out.Timeout = v.AsString()
		case "command":
			for _, word := range v.AsValueSlice() {
				out.Command = append(out.Command, word.AsString())
			}
		}
	}
	if len(used) != 1 {
		found := "none of them is set"
		if len(used) > 1 {
			found = enumerate(quoted(used), "and") + " are set"
		}
		l.problem("plan.secret.way", b.rng, "One way to the secret required",
			fmt.Sprintf("A secret has exactly one of %s; %s.", enumerate(quoted(ways), "and"), found))
		return
	}
	if timeout := c.find("timeout"); timeout != nil && out.Command == nil && used[0] != "command" {
		l.problem("plan.attribute.unknown", timeout.nameRange, "Unsupported argument", "Only a command can have a timeout. Remove it.")
	}
	if l.out.Secrets == nil {
		l.out.Secrets = make(map[string]schema.Secret)
	}
	l.out.Secrets[out.Name] = out
}

// keepSecretFilesUnread refuses a plan that reads a secret's file with file()
// or as an authors file: its text would go wherever the expression does.
func (l *loader) keepSecretFilesUnread() {
	for _, name := range sortedKeys(l.out.Secrets) {
		s := l.out.Secrets[name]
		if _, read := l.contents[filepath.ToSlash(filepath.Clean(s.File))]; s.File == "" || !read {
			continue
		}
		b := l.byAddress["secret."+name]
		l.problem("plan.secret.read", b.rng, "Secret file read by the plan",
			fmt.Sprintf("The file of %s is read by an expression too, so its text could end up in the state or on a screen. Read it only through the secret block.", inQuotes(name)))
	}
}

// parsePlainText reads a text that is neither empty nor able to deceive.
func parsePlainText(v cty.Value) (cty.Value, error) {
	if v.Type() != cty.String {
		return cty.NilVal, fmt.Errorf("string required, but have %s", v.Type().FriendlyName())
	}
	text := v.AsString()
	if strings.TrimSpace(text) == "" || schema.Printable(text) != text {
		return cty.NilVal, fmt.Errorf("it must not be empty or hold control characters")
	}
	return v, nil
}

// parseCommand reads a program with its arguments.
func parseCommand(v cty.Value) (cty.Value, error) {
	if v.Type() == cty.String {
		return cty.NilVal, fmt.Errorf("a list is required, because no shell runs it; write [\"PROGRAM\", \"ARGUMENT\"]")
	}
	list, err := parseTexts(v)
	if err != nil {
		return cty.NilVal, err
	}
	if list.LengthInt() == 0 || list.AsValueSlice()[0].AsString() == "" {
		return cty.NilVal, fmt.Errorf("the first element must name a program")
	}
	return list, nil
}
