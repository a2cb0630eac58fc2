package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/engine/history"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func newLargeFilesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "large-files [GLOB...]",
		Short: "List the files over the threshold in the histories, before they are migrated",
		Long: `List every version of a file that is over the threshold of its resource's
large_files block, 100 MiB without one: a ref that leads to it, its path, its git
object and its size in bytes. The histories are read, to where an apply would put
them.`,
		Args: between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.largeFiles(cmd.Context(), args) },
	}
}

func (a *app) largeFiles(ctx context.Context, globs []string) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	m, err := a.load(ctx, c, reading{schemas: true, discover: true})
	if err != nil {
		return err
	}
	folder, err := workspace(a.statePath(m))
	if err != nil {
		return err
	}
	show := a.largeFileLines()
	matched := false
	for i := range m.Resources {
		r := &m.Resources[i]
		if len(globs) > 0 && !engine.MatchesAny(globs, r.Address) {
			continue
		}
		matched = true
		if err := a.largeFilesOf(ctx, c, m, r, folder, show.add); err != nil {
			return fmt.Errorf("%s: %w", r.Address, err)
		}
	}
	if !matched {
		return usage("no resource of the plan matches")
	}
	return show.end()
}

func (a *app) largeFilesOf(ctx context.Context, c *connections, m *schema.Migration, r *schema.Resource, folder string, add func(schema.Address, history.LargeFile) error) error {
	identity, err := identityOf(ctx, c, r)
	if err != nil {
		return err
	}
	dir, err := engine.ReadHistory(ctx, m, r, identity, folder, c, nil)
	if err != nil {
		return err
	}
	return engine.FindLargeFiles(ctx, r, dir, func(f history.LargeFile) error { return add(r.Address, f) })
}

// identityOf asks the source which repository the plan means.
func identityOf(ctx context.Context, c *connections, r *schema.Resource) (string, error) {
	source, err := c.Source(ctx, r.Source)
	if err != nil {
		return "", err
	}
	for in, err := range source.Inspect(ctx, []providers.Lookup{{Repo: providers.Repo{Settings: r.Settings}}}) {
		switch {
		case err != nil:
			return "", err
		case in.Problem != nil:
			return "", in.Problem
		case in.Facts != nil:
			return in.Facts.Identity, nil
		}
	}
	return "", providers.Errorf(providers.CodeInternal, "the provider told nothing about the repository")
}

// largeFileLines shows large files as they are found: as JSON, or as a table.
type largeFileLines struct {
	app   *app
	table *table
	files int64
	bytes int64
}

func (a *app) largeFileLines() *largeFileLines {
	return &largeFileLines{app: a, table: newTable(a.stdout, "RESOURCE", "REF", "PATH", "OBJECT", "SIZE")}
}

// largeFileRecord is a large file as the JSON output has it, in the fields of
// GitHub's source imports.
type largeFileRecord struct {
	Address schema.Address `json:"address"`
	Ref     string         `json:"ref_name"`
	Path    string         `json:"path"`
	OID     string         `json:"oid"`
	Size    int64          `json:"size"` // bytes
}

func (l *largeFileLines) add(address schema.Address, f history.LargeFile) error {
	l.files++
	l.bytes += f.Size
	if l.app.json {
		return l.app.jsonOut().line("large_file", shown(f.Path), largeFileRecord{address, f.Ref, f.Path, f.OID, f.Size})
	}
	l.table.row(address.Display(), refName(f.Ref), f.Path, abbreviated(f.OID), grouped(f.Size))
	return nil
}

func (l *largeFileLines) end() error {
	if l.app.json {
		return nil
	}
	if l.files == 0 {
		return l.app.say("No large files.")
	}
	if err := l.table.flush(); err != nil {
		return err
	}
	return l.app.say("\n%s, %s bytes.", plural(l.files, "large file"), grouped(l.bytes))
}

func newRevisionsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revisions ADDRESS [REVISION|COMMIT...]",
		Short: "Show which commit stands for which revision of the source",
		Long: `Show which commit at the target stands for which revision of the source: a
Subversion revision (r123), a Mercurial changeset, a TFVC changeset (C123) or,
where a git history was rewritten, the old commit. A commit may be abbreviated.`,
		Args: between(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.revisions(cmd.Context(), args[0], args[1:]) },
	}
}

func (a *app) revisions(ctx context.Context, name string, wanted []string) error {
	address := schema.Address(name)
	if err := address.Check(); err != nil {
		return usage("%v", err)
	}
	s, err := a.reader(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.Entry(ctx, address); err != nil {
		return usage("%v", err)
	}
	found := 0
	for r, err := range s.Revisions(ctx, address, wanted) {
		if err != nil {
			return err
		}
		found++
		if err := a.showRevision(address, r); err != nil {
			return err
		}
	}
	if found > 0 || a.json {
		return nil
	}
	if len(wanted) > 0 {
		return &failure{code: exitPlan, err: fmt.Errorf("%s has no revision or commit like that", name), hint: "drover revisions ADDRESS lists all of them"}
	}
	return a.say("The commits are those of the source.")
}

// showRevision writes one line for other programs to read: a history may have a
// million of them.
func (a *app) showRevision(address schema.Address, r schema.Revision) error {
	if a.json {
		return a.jsonOut().line("revision", shown(r.Revision), struct {
			Address schema.Address `json:"address"`
			schema.Revision
		}{address, r})
	}
	_, err := fmt.Fprintf(a.stdout, "%s\t%s\t%s\n", shown(r.Revision), shown(r.Commit), shown(r.Branch))
	return err
}
