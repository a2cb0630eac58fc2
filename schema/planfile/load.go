package planfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/drover-migrate/drover/schema"
)

// Environment is what Read knows beyond the files. Its zero value checks a plan
// offline.
type Environment struct {
	// Variables are the values given to variables, in order of precedence: the
	// last one for a name wins, and all win over Environ. The caller reads
	// files of values with ParseVariables.
	Variables []Assignment

	// Environ looks up an environment variable. It is asked for DROVER_VAR_NAME
	// of each variable NAME and for nothing else. Nil means that there are none.
	Environ func(name string) (string, bool)

	// Schema tells what a provider accepts. Nil means that nobody can: settings
	// are then taken as they are written, names and types unchecked. It is
	// asked once for each provider.
	Schema func(provider string) (schema.ProviderSchema, error)

	// Discover asks a source what it holds; the secrets are those of the plan, by
	// name, which the connection refers to. Read applies include, exclude,
	// limit and min itself, in that order, so the answer may hold more; a drop
	// beyond MaxDrop is for the caller to refuse, who knows the last listing.
	// It is asked once for each discover block. Nil means that nobody is asked:
	// what depends on the answer is checked as far as it can be and gives no
	// resources. An error with the methods of Explained says more in the
	// finding about it.
	Discover func(ctx context.Context, d schema.Discovery, c schema.Connection, secrets map[string]schema.Secret) (schema.Listing, error)

	// Set changes single settings after everything else was merged.
	Set []Override

	// Version is Drover's own, which required_version is about. An empty one
	// satisfies every requirement.
	Version string
}

// Explained is an error of Discover that knows the code of the finding about
// it, and what to do about it, if anything.
type Explained interface {
	error
	FindingCode() string
	FindingHelp() string
}

// Read reads the plan in the folder dir.
//
// The diagnostics are in the order of their places and are all there is to say
// about the files. When they hold an error the plan must not be used, and the
// Migration, which is never nil, holds what could be read. A discovery that
// failed or ended early is not among them: the blocks that depend on it are
// named in Migration.Partial and explained in Migration.Findings, and the rest
// of the plan works.
func Read(ctx context.Context, dir string, env Environment) (*Plan, schema.Diagnostics) {
	l := newLoader(ctx, dir, env)
	l.readFolder()
	l.declareVariables()
	l.settings()
	l.assignVariables()
	for _, b := range l.byKind["secret"] {
		l.secret(b)
	}
	for _, kind := range []string{"source", "target"} {
		for _, b := range l.byKind[kind] {
			l.connection(b, b.rng)
		}
	}
	for _, b := range l.byKind["authors"] {
		l.authors(b)
	}
	for _, name := range sortedKeys(l.locals) {
		l.local(name, l.places["local."+name])
	}
	for _, b := range l.byKind["discover"] {
		if b.gists && l.atOnce(l.byAddress[kindGists+"."+b.labels[1]]) {
			continue
		}
		l.discovered(b.address(), b.rng)
	}
	for _, b := range l.byKind["profile"] {
		l.profile(b)
	}
	l.repositories()
	l.unusedDiscoveries()
	l.addressBlocks()
	for _, b := range l.byKind["policy"] {
		l.policy(b)
	}
	for _, b := range l.byKind["guard"] {
		l.guard(b)
	}
	l.outputs()
	l.keepSecretFilesUnread()
	l.out.Digest = l.digest()
	return &Plan{l.out, l}, l.diagnostics()
}

// loader is the work of one Read.
type loader struct {
	dir string
	env Environment
	out *schema.Migration

	discover    func(schema.Discovery, schema.Connection) (schema.Listing, error) // nil: nobody is asked
	interrupted func() error

	folder    *planFolder
	functions map[string]function.Function
	files     map[string]*hcl.File
	contents  map[string]string // digest of every file that was read, by name

	// incomplete says that a file could not be read or parsed, so that names
	// which nothing declares may be declared there.
	incomplete bool

	byKind    map[string][]*block  // in file order
	byAddress map[string]*block    // of blocks that have one
	places    map[string]hcl.Range // where an address is declared

	variables map[string]*variable
	values    map[string]cty.Value // of variables
	locals    map[string]hcl.Expression

	steps map[string]*step // what was evaluated, by name
	stack []string         // what is being evaluated

	schemas      map[string]*schema.ProviderSchema // nil: could not be had
	connections  map[*block]*connection
	discoveries  map[string]*discovery // by address
	profiles     map[*block]*profile
	vocabularies map[pairing]*vocabulary
	whole        map[*block]bool // gists blocks: whether a forge imports all of them at once

	targets map[string]claimant // who takes a place at a target
	refused []refusal

	changes cty.Value           // plan.changes
	results map[string][]Result // by block; nil: there are none yet
	pending []postcondition

	expecting map[string]hcl.Range // blocks with postconditions, by address

	findings findings
	current  schema.Address // the instance being evaluated, if one is
	secrets  []hcl.Range    // literal credentials, to be left out of excerpts
}

func newLoader(ctx context.Context, dir string, env Environment) *loader {
	l := &loader{
		dir: dir, env: env, interrupted: ctx.Err,
		files:     make(map[string]*hcl.File),
		contents:  make(map[string]string),
		byKind:    make(map[string][]*block),
		byAddress: make(map[string]*block),
		places:    make(map[string]hcl.Range),
		variables: make(map[string]*variable),
		values:    make(map[string]cty.Value),
		locals:    make(map[string]hcl.Expression),
		steps:     make(map[string]*step),

		schemas:      make(map[string]*schema.ProviderSchema),
		connections:  make(map[*block]*connection),
		discoveries:  make(map[string]*discovery),
		profiles:     make(map[*block]*profile),
		vocabularies: make(map[pairing]*vocabulary),
		whole:        make(map[*block]bool),
		targets:      make(map[string]claimant),
		changes:      unknownChanges(),
		expecting:    make(map[string]hcl.Range),
		out: &schema.Migration{
			StatePath: DefaultStatePath,
			Providers: make(map[string]schema.Requirement),
			Sources:   make(map[string]schema.Connection),
			Targets:   make(map[string]schema.Connection),
		},
	}
	if abs, err := filepath.Abs(dir); err == nil {
		l.out.Name = filepath.Base(abs)
	}
	if env.Discover != nil {
		l.discover = func(d schema.Discovery, c schema.Connection) (schema.Listing, error) {
			return env.Discover(ctx, d, c, l.out.Secrets)
		}
	}
	l.folder = &planFolder{dir: dir}
	l.functions = functions(dir, l.note)
	return l
}

// maxPlanFiles bounds how many files one plan has, and maxPlanBytes how large
// they are together.
const (
	maxPlanFiles = 10_000
	maxPlanBytes = 256 << 20
)

// readFolder parses the plan files of the folder, in the order of their names.
func (l *loader) readFolder() {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		l.placeless("plan.folder", "Unreadable folder", fmt.Sprintf("The plan's folder cannot be read: %s.", withoutPath(err)))
		return
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue // editors keep locks and backups under such names
		}
		if strings.HasSuffix(name, ".plan.hcl") || strings.HasSuffix(name, ".plan.hcl.json") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		l.placeless("plan.folder", "No plan files",
			"The folder has no file that ends in .plan.hcl or .plan.hcl.json. Change to the plan's folder, or name it with --chdir.")
		return
	}
	if len(names) > maxPlanFiles {
		l.placeless("plan.folder", "Too many plan files", fmt.Sprintf("The folder has more than %d plan files. Put them into fewer.", maxPlanFiles))
		return
	}
	total := 0
	for _, name := range names {
		src, err := l.folder.load(name)
		if err == nil {
			if total += len(src); total > maxPlanBytes {
				err = fmt.Errorf("the plan files have more than %d MiB together", maxPlanBytes>>20)
			}
		}
		if err != nil {
			l.problem("plan.file", fileStart(name), "Unreadable file", fmt.Sprintf("The plan file cannot be read: %s.", err))
			l.incomplete = true
			continue
		}
		l.note(name, src)
		l.parse(name, src)
	}
}

// withoutPath is err without the absolute path that an fs error has.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// note makes a file part of the plan's digest.
func (l *loader) note(name string, content []byte) {
	l.contents[name] = schema.DigestBytes(content)
}

// digest covers the files and the values of variables.
func (l *loader) digest() string {
	values := make(map[string]string)
	for name, v := range l.values {
		values[name] = string(hclText(v))
	}
	return schema.Digest([]any{l.contents, values})
}

// hclText is v as an expression of the plan language.
func hclText(v cty.Value) []byte {
	if !v.IsWhollyKnown() || v.ContainsMarked() {
		return []byte("null")
	}
	return hclwrite.TokensForValue(v).Bytes()
}

// add reports one finding.
func (l *loader) add(d *hcl.Diagnostic) { l.findings.add(d, l.current) }

// report adds what HCL found, under a code.
func (l *loader) report(c code, diags hcl.Diagnostics) {
	for _, d := range coded(c, diags) {
		l.add(d)
	}
}

// problem adds an error at a place.
func (l *loader) problem(c code, at hcl.Range, summary, detail string) {
	l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Extra: c, Summary: summary, Detail: detail, Subject: &at})
}

// placeless adds an error that is about no place in a file.
func (l *loader) placeless(c code, summary, detail string) {
	l.add(&hcl.Diagnostic{Severity: hcl.DiagError, Extra: c, Summary: summary, Detail: detail})
}

// diagnostics is all that was reported.
func (l *loader) diagnostics() schema.Diagnostics {
	return l.convert(l.findings.all())
}

// convert is convert with literal credentials left out of the excerpts.
func (l *loader) convert(diags hcl.Diagnostics) schema.Diagnostics {
	if len(diags) == 0 {
		return nil
	}
	return toSchema(l.hideSecrets(), diags)
}

// hideSecrets is the files with literal credentials blotted out. Ranges stay
// what they are.
func (l *loader) hideSecrets() map[string]*hcl.File {
	if len(l.secrets) == 0 {
		return l.files
	}
	files := make(map[string]*hcl.File, len(l.files))
	for name, f := range l.files {
		clean := *f
		clean.Bytes = slices.Clone(f.Bytes)
		files[name] = &clean
	}
	for _, r := range l.secrets {
		f := files[r.Filename]
		if f == nil || !r.CanSliceBytes(f.Bytes) {
			continue
		}
		for i, b := range r.SliceBytes(f.Bytes) {
			if b != '\n' && b != '"' {
				f.Bytes[r.Start.Byte+i] = '*'
			}
		}
	}
	return files
}

// schemaRange is r as other packages see it.
func schemaRange(r hcl.Range) schema.Range {
	at := func(p hcl.Pos) schema.FilePosition {
		return schema.FilePosition{Line: p.Line, Column: p.Column, Byte: p.Byte}
	}
	return schema.Range{File: r.Filename, Start: at(r.Start), End: at(r.End)}
}

// hclRange is the reverse of schemaRange.
func hclRange(r schema.Range) *hcl.Range {
	return &hcl.Range{Filename: r.File, Start: hclPos(r.Start), End: hclPos(r.End)}
}

func hclPos(p schema.FilePosition) hcl.Pos {
	return hcl.Pos{Line: p.Line, Column: p.Column, Byte: p.Byte}
}
