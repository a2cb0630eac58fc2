package planfile

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/drover-migrate/drover/schema"
)

// StatePath returns where the plan in dir keeps its state, relative to dir;
// without a plan, the usual place. It reads nothing else of the plan, so it
// works while the plan has mistakes, and fails only when the files cannot be
// read.
func StatePath(dir string) (string, error) {
	plans, err := filepath.Glob(filepath.Join(dir, "*.plan.hcl*"))
	if err != nil || len(plans) == 0 {
		return DefaultStatePath, err
	}
	l := newLoader(context.Background(), dir, Environment{})
	l.readFolder()
	if l.incomplete && len(l.byKind["drover"]) == 0 {
		return "", fmt.Errorf("the plan in %s cannot be read, so where its state is remains unknown; drover validate says why, --state FILE names it", dir)
	}
	l.settings()
	return l.out.StatePath, nil
}

// Excerpt reads the lines of a plan file that r points at, with credentials
// masked, or nil when they are not there.
func Excerpt(dir string, r schema.Range) *schema.Excerpt {
	l := newLoader(context.Background(), dir, Environment{})
	src, err := l.folder.load(r.File)
	if err != nil {
		return nil
	}
	file := &hcl.File{Bytes: src}
	if !strings.HasSuffix(r.File, ".json") && checkSource(hclsyntax.LexConfig, src) == nil {
		if parsed, _ := hclsyntax.ParseConfig(src, r.File, hcl.InitialPos); parsed != nil {
			file = parsed
		}
	}
	at := hcl.Range{Filename: r.File, Start: hclPos(r.Start), End: hclPos(r.End)}
	return excerpt(file, &hcl.Diagnostic{Subject: &at})
}
