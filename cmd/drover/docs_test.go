package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/bitbucketcloud"
	"github.com/drover-migrate/drover/providers/bitbucketserver"
	"github.com/drover-migrate/drover/providers/gitea"
	"github.com/drover-migrate/drover/providers/github"
	"github.com/drover-migrate/drover/providers/gitlab"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/planfile"
)

// fence is a fenced block of a page.
type fence struct {
	line int
	info []string // what stands after the backquotes
	text string
}

// TestDocumentedPlans validates every example that says it is a plan. Files
// that an example needs are fences of the same page with file=NAME.
func TestDocumentedPlans(t *testing.T) {
	checked := 0
	for page, text := range pages(t) {
		all := fences(text)
		for _, f := range all {
			if len(f.info) != 2 || f.info[1] != "complete" || f.info[0] == "go" {
				continue
			}
			checked++
			t.Run(fmt.Sprintf("%s:%d", page, f.line), func(t *testing.T) {
				dir := t.TempDir()
				write := func(name, text string) {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				for _, other := range all {
					if len(other.info) == 2 && strings.HasPrefix(other.info[1], "file=") {
						write(filepath.Base(other.info[1][len("file="):]), other.text)
					}
				}
				write("page.plan."+map[string]string{"hcl": "hcl", "json": "hcl.json"}[f.info[0]], f.text)
				command(t, dir, "drover", "validate", "--offline")
				command(t, dir, "drover", "validate")
				if f.info[0] == "hcl" {
					command(t, dir, "drover", "fmt", "--check", "--diff")
				}
			})
		}
	}
	if checked < 10 {
		t.Errorf("only %d examples were found", checked)
	}
}

// TestDocumentedProvider builds the provider of the README and carries its
// issues into an archive.
func TestDocumentedProvider(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, f := range fences(pages(t)["README.md"]) {
		if len(f.info) == 2 && f.info[0] == "go" && f.info[1] == "complete" {
			write("main.go", f.text)
		}
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(top, "cmd", "drover-provider-todo", "main.go"): filepath.Join(dir, "main.go"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "drover-provider-todo")
	command(t, top, "go", "build", "-overlay", write("overlay.json", string(overlay)), "-o", program, "./cmd/drover-provider-todo")

	write("shop.txt", "Oil the lathe\nBuy files\n")
	write("todo.plan.hcl", `
source "todo" "shop" {}
target "directory" "archive" {
  path = "archive"
}
repository "shop" {
  source           = source.todo.shop
  target           = target.directory.archive
  file             = "shop.txt"
  target_namespace = ""
}
`)
	command(t, dir, "drover", "apply", "--yes", "--provider-dev", "todo="+program)
	issues, err := os.ReadFile(filepath.Join(dir, "archive", "shop.txt.records", "issues.ndjson"))
	if err != nil || strings.Count(string(issues), "\n") != 2 {
		t.Errorf("the archive has these issues: %v\n%s", err, issues)
	}
	again := command(t, dir, "drover", "apply", "--yes", "--provider-dev", "todo="+program)
	if !strings.Contains(again, "\nNo changes.") {
		t.Errorf("the second apply says:\n%s", again)
	}
}

// TestDocumentedLanguage holds the reference of the language against what the
// language has.
func TestDocumentedLanguage(t *testing.T) {
	page := pages(t)["docs/plan-language.md"]
	for _, f := range planfile.Functions() {
		if row := fmt.Sprintf("| `%s` | %s |\n", f.Signature, f.Doc); !strings.Contains(unescaped(page), row) {
			t.Errorf("docs/plan-language.md lacks this row:\n%s", row)
		}
	}
	for _, k := range schema.Kinds() {
		if !strings.Contains(page, "`"+string(k)+"`") {
			t.Errorf("docs/plan-language.md lacks the kind %s", k)
		}
	}
}

// TestDocumentedForges holds the pages of forges against the providers: every
// setting is described, and what becomes of every kind.
func TestDocumentedForges(t *testing.T) {
	all := pages(t)
	for _, provider := range []*providers.Provider{github.New(), gitea.New(), gitlab.New(), bitbucketserver.New(), bitbucketcloud.New()} {
		about := provider.Description
		name := "docs/" + strings.ReplaceAll(about.Name, "_", "-") + ".md"
		lacks := func(what string) {
			if !regexp.MustCompile("`([a-z_]+\\.)?" + regexp.QuoteMeta(what) + "[`.]").MatchString(all[name]) {
				t.Errorf("%s lacks %s", name, what)
			}
		}
		settings := slices.Concat(about.Source.Settings, about.Source.Repository, about.Source.Group)
		for _, attributes := range about.Source.Discover {
			settings = append(settings, attributes...)
		}
		for _, stream := range about.Source.Streams {
			for _, kind := range stream.Kinds {
				lacks(string(kind))
			}
		}
		if about.Target != nil {
			settings = slices.Concat(settings, about.Target.Settings, about.Target.Placement)
			for _, kind := range about.Target.Kinds {
				lacks(string(kind.Kind))
			}
		}
		for _, attribute := range settings {
			if attribute.Derived {
				continue
			}
			lacks(attribute.Name)
			for _, field := range attribute.Fields {
				lacks(field.Name)
			}
		}
	}
}

// TestDocumentedCommands holds the reference of the command line against the
// commands: each has a heading, and its flags stand between that and the next.
func TestDocumentedCommands(t *testing.T) {
	page := pages(t)["docs/command-line.md"]
	root := newRootCommand(newApp(strings.NewReader(""), os.Stdout, os.Stderr))
	lacks := func(section, what, where string) {
		if !strings.Contains(section, what) {
			t.Errorf("docs/command-line.md lacks %s %s", what, where)
		}
	}
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		lacks(section(page, "Global flags"), "`--"+f.Name, "as a global flag")
	})
	for line := range strings.Lines(exitTable) {
		if code, what, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			lacks(section(page, "Exit codes"), fmt.Sprintf("| %s | %s", code, what), "as an exit code")
		}
	}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			visit(sub)
		}
		if c == root || !c.Runnable() || c.HasSubCommands() {
			return
		}
		name := c.CommandPath()
		text := section(page, name)
		if text == "" {
			t.Errorf("docs/command-line.md has no heading %q", name)
			return
		}
		c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				lacks(text, "`--"+f.Name, "under "+name)
			}
		})
	}
	visit(root)
}

// TestDocumentedLinks follows the links between pages.
func TestDocumentedLinks(t *testing.T) {
	all := pages(t)
	for page, text := range all {
		for _, m := range regexp.MustCompile(`\]\(([^)#\s]*)(#[^)\s]*)?\)`).FindAllStringSubmatch(text, -1) {
			path, anchor := m[1], strings.TrimPrefix(m[2], "#")
			if strings.Contains(path, "://") {
				continue
			}
			to := page
			if path != "" {
				to = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(filepath.Join("../..", to)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, to)
			}
			if other, ok := all[to]; ok && anchor != "" && !anchors(other)[anchor] {
				t.Errorf("%s links to %s#%s, which does not exist", page, to, anchor)
			}
		}
	}
}

// pages are the README and the pages of docs, by their paths.
func pages(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range append(paths, "../../README.md") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(filepath.ToSlash(path), "../../")] = string(data)
	}
	return all
}

func fences(page string) []fence {
	var all []fence
	var open *fence
	line := 0
	for text := range strings.Lines(page) {
		line++
		info, isFence := strings.CutPrefix(text, "```")
		switch {
		case isFence && open == nil:
			open = &fence{line: line, info: strings.Fields(info)}
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text += text
		}
	}
	return all
}

// section is what stands under a heading, to the next heading of any level.
func section(page, heading string) string {
	re := regexp.MustCompile("(?m)^#+ `?" + regexp.QuoteMeta(heading) + "\\b.*\n")
	at := re.FindStringIndex(page)
	if at == nil {
		return ""
	}
	rest := page[at[1]:]
	if next := regexp.MustCompile(`(?m)^#`).FindStringIndex(rest); next != nil {
		rest = rest[:next[0]]
	}
	return rest + "\n"
}

// anchors are the names by which the headings of a page are linked.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}\- _]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all[strings.ReplaceAll(name, " ", "-")] = true
	}
	return all
}

// unescaped is a page without the backslashes that keep Markdown from taking a
// character for its own.
func unescaped(page string) string { return strings.NewReplacer(`\*`, `*`, `\|`, `|`).Replace(page) }
