package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/drover-migrate/drover/schema/authorfile"
)

// authorRow is one person of one or several resources, and how they are mapped.
type authorRow struct {
	schema.Author
	Table string              `json:"table,omitempty"`
	Match *schema.AuthorEntry `json:"match,omitempty"`
}

func newAuthorsCommand(a *app) *cobra.Command {
	var since, out string
	list := &cobra.Command{
		Use:   "list [GLOB...]",
		Short: "List everyone whom the migration meets, and who they are mapped to by which rule",
		Args:  between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := a.authors(cmd.Context(), args, since)
			if err != nil {
				return err
			}
			return a.showAuthors(rows)
		},
	}
	list.Flags().StringVar(&since, "since", "", "only people after this `ID` in the list")
	check := &cobra.Command{
		Use:   "check [GLOB...]",
		Short: "Exit with 3 when someone whom the migration meets is not mapped",
		Args:  between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := a.authors(cmd.Context(), args, "")
			if err != nil {
				return err
			}
			missing := slices.DeleteFunc(rows, func(r authorRow) bool { return r.Match != nil })
			if len(missing) == 0 {
				return a.say("Everyone is mapped.")
			}
			if err := a.showAuthors(missing); err != nil {
				return err
			}
			return &failure{code: exitPlan, err: errors.New(notMapped(len(missing))), hint: "drover authors export --out people.csv writes a file to fill in"}
		},
	}
	export := &cobra.Command{
		Use:   "export [GLOB...]",
		Short: "Write a CSV file of everyone, to fill in and name in an authors block",
		Args:  between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := a.authors(cmd.Context(), args, since)
			if err != nil {
				return err
			}
			return a.exportAuthors(rows, out)
		},
	}
	export.Flags().StringVar(&since, "since", "", "only people after this `ID` in the list")
	export.Flags().StringVar(&out, "out", "", "write to `FILE` instead of standard output")
	return group("authors", "See whom the migration meets and how they are mapped", list, check, export)
}

func notMapped(n int) string {
	if n == 1 {
		return "1 person is not mapped"
	}
	return fmt.Sprintf("%d people are not mapped", n)
}

// authors reads the histories and the records of the plan's resources. Someone in several of
// them is one row, with all commits.
func (a *app) authors(ctx context.Context, globs []string, since string) ([]authorRow, error) {
	c, err := a.connections()
	if err != nil {
		return nil, err
	}
	defer c.close()
	m, err := a.load(ctx, c, reading{schemas: true, discover: true})
	if err != nil {
		return nil, err
	}
	cache, err := workspace(a.statePath(m))
	if err != nil {
		return nil, err
	}
	found := map[[2]string]*authorRow{} // table and id
	matched := false
	for i := range m.Resources {
		r := &m.Resources[i]
		if len(globs) > 0 && !engine.MatchesAny(globs, r.Address) {
			continue
		}
		matched = true
		if err := a.addAuthors(ctx, c, m, r, cache, found); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Address, err)
		}
	}
	if !matched {
		return nil, usage("no resource of the plan matches")
	}
	rows := make([]authorRow, 0, len(found))
	for _, r := range found {
		if r.RemoteID > since {
			rows = append(rows, *r)
		}
	}
	slices.SortFunc(rows, func(x, y authorRow) int {
		if n := strings.Compare(x.RemoteID, y.RemoteID); n != 0 {
			return n
		}
		return strings.Compare(x.Table+x.Name, y.Table+y.Name)
	})
	return rows, nil
}

func (a *app) addAuthors(ctx context.Context, c *connections, m *schema.Migration, r *schema.Resource, cache string, found map[[2]string]*authorRow) error {
	source, err := c.Source(ctx, r.Source)
	if err != nil {
		return err
	}
	table := m.Authors[r.Authors]
	dir := engine.Workspace(cache, "authors", string(r.Settings))
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("make the workspace: %w", err)
	}
	about, _, err := c.Provider(ctx, m.Sources[r.Source].Provider)
	if err != nil {
		return err
	}
	if about.Source == nil {
		return fmt.Errorf("%s is not a source", about.Name)
	}
	for author, err := range engine.Everyone(ctx, source, *about.Source, providers.Repo{Settings: r.Settings}, dir) {
		if err != nil {
			return err
		}
		key := [2]string{r.Authors, author.RemoteID + "\x00" + author.RemoteName}
		if row, ok := found[key]; ok {
			row.Commits += author.Commits
			row.Records += author.Records
			continue
		}
		found[key] = &authorRow{Author: author, Table: r.Authors, Match: table.Match(author)}
	}
	return nil
}

func (a *app) exportAuthors(rows []authorRow, out string) error {
	var entries []authorfile.Entry
	seen := map[string]bool{}
	for _, r := range rows {
		e := authorfile.Entry{RemoteID: r.RemoteID, RemoteName: r.RemoteName, Name: r.Name, Email: r.Email}
		if seen[e.RemoteID] {
			e.RemoteID = "" // the second name of one id is matched by its name
		}
		seen[r.RemoteID] = true
		if r.Match != nil {
			e.TargetUser = r.Match.TargetUser
			if r.Match.Name != "" {
				e.Name = r.Match.Name
			}
			if r.Match.Email != "" {
				e.Email = r.Match.Email
			}
		}
		entries = append(entries, e)
	}
	if out == "" {
		return authorfile.WriteCSV(a.stdout, entries)
	}
	var text strings.Builder
	if err := authorfile.WriteCSV(&text, entries); err != nil {
		return err
	}
	return writeFile(out, []byte(text.String()))
}

func (a *app) showAuthors(rows []authorRow) error {
	if a.json {
		out := a.jsonOut()
		for _, r := range rows {
			data, err := json.Marshal(r)
			if err != nil {
				return err
			}
			var fields map[string]any
			if err := json.Unmarshal(data, &fields); err != nil {
				return err
			}
			if err := out.line("author", r.RemoteID, fields); err != nil {
				return err
			}
		}
		return nil
	}
	onForge := slices.ContainsFunc(rows, func(r authorRow) bool { return r.Records > 0 })
	columns := []string{"ID", "NAME", "COMMITS", "MAPPED TO", "BY"}
	if onForge {
		columns = []string{"ID", "LOGIN", "NAME", "COMMITS", "RECORDS", "MAPPED TO", "BY"}
	}
	t := newTable(a.stdout, columns...)
	for _, r := range rows {
		to, by := "-", "nothing matches"
		if r.Match != nil {
			to, by = mappedTo(r), r.Match.Rule
			if !r.Match.Range.IsZero() {
				by += "  " + r.Match.Range.String()
			}
		}
		if onForge {
			t.row(r.RemoteID, r.RemoteName, r.Name, fmt.Sprint(r.Commits), fmt.Sprint(r.Records), to, by)
			continue
		}
		t.row(r.RemoteID, r.Name, fmt.Sprint(r.Commits), to, by)
	}
	return t.flush()
}

func mappedTo(r authorRow) string {
	name, email := r.Match.Name, r.Match.Email
	if name == "" {
		name = r.Name
	}
	if email == "" {
		email = r.Email
	}
	to := fmt.Sprintf("%s <%s>", name, email)
	if r.Match.TargetUser != "" {
		to += " as " + r.Match.TargetUser
	}
	return to
}
