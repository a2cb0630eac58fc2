package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/drover-migrate/drover"

// layers says which packages of this module a package may import. The first
// row that matches a package decides; SELF stands for the package, PARENT for the
// folder that it is in. A package without a row is a mistake: decide where it stands.
var layers = []struct {
	pkg string
	may []string
}{
	{"schema", nil},
	{"schema/authorfile", []string{"schema"}},
	{"schema/planfile", []string{"schema", "schema/authorfile"}},

	{"providers", []string{"schema"}},
	{"providers/gitrepo", nil},
	{"providers/gitpack", nil},
	{"providers/gittree", []string{"providers/gitpack"}},
	{"providers/conversion", []string{"schema", "providers", "providers/gitrepo", "providers/gitpack", "providers/gittree"}},
	{"providers/forgehttp", []string{"schema", "providers"}},
	{"providers/attribution", []string{"schema"}},
	{"providers/lfs", []string{"schema", "providers", "providers/gitrepo"}},
	{"providers/stream", []string{"schema", "providers"}},
	{"providers/forgesource", []string{"schema", "providers", "providers/forgehttp", "providers/stream"}},
	{"providers/forgegit", []string{"schema", "providers", "providers/gitrepo", "providers/lfs"}},
	{"providers/forgetarget", []string{"schema", "providers", "providers/gitrepo", "providers/forgehttp", "providers/lfs", "providers/attribution"}},
	{"providers/contracttest", nil},
	{"providers/standin", nil},
	{"providers/gitserver", []string{"providers/gitrepo"}},
	{"providers/plugin", []string{"schema", "providers", "providers/plugin/*", "providers/plugin/internal/*"}},
	{"providers/plugin/providerpb", nil},
	{"providers/plugin/internal/*", []string{"schema", "providers", "providers/plugin/providerpb"}},
	{"providers/providertest", []string{"schema", "providers", "providers/gitrepo", "providers/plugin", "SELF/*"}},
	{"providers/*/*test", []string{"schema", "providers", "providers/gitrepo", "providers/lfs", "providers/contracttest", "providers/gitserver", "providers/standin", "PARENT", "PARENT/*", "SELF/*"}},
	{"providers/*/*test/*", []string{"PARENT"}},
	{"providers/github/githubtest/graphql", nil},
	{"providers/*", []string{"schema", "providers", "providers/gitrepo", "providers/gitpack", "providers/gittree", "providers/conversion", "providers/forgehttp", "providers/lfs", "providers/attribution", "providers/stream", "providers/forgesource", "providers/forgegit", "providers/forgetarget", "SELF/*", "SELF/*/*"}},
	{"providers/*/*", []string{"schema", "providers", "providers/gitrepo", "providers/gitpack", "providers/gittree", "providers/conversion", "providers/forgehttp", "providers/lfs", "providers/attribution", "providers/stream", "providers/forgesource", "providers/forgegit", "providers/forgetarget", "PARENT/*", "SELF/*"}},
	{"providers/gitea/reading/*", []string{"schema", "providers", "providers/forgehttp", "providers/attribution", "providers/stream", "providers/gitea/api", "PARENT", "PARENT/*"}},
	{"providers/gitlab/reading/*", []string{"schema", "providers", "providers/forgehttp", "providers/stream", "providers/gitlab/api", "PARENT", "PARENT/*"}},
	{"providers/*/*/*", []string{"schema", "providers", "providers/gitrepo", "PARENT", "PARENT/*"}},

	{"engine", []string{"schema", "providers", "providers/gitrepo", "providers/gitpack", "engine/*"}},
	{"engine/*", []string{"schema", "providers/gitrepo", "providers/gitpack", "providers/gittree"}},

	{"state", []string{"schema"}},

	{"cmd/drover", []string{"*", "*/*"}},
	{"cmd/drover-provider-*", []string{"providers/*"}},
}

// standardOnly lists the packages that need nothing but the standard library,
// so that any program can use them.
var standardOnly = []string{"schema", "schema/authorfile", "providers", "providers/gitrepo"}

// homes lists the only packages that import a library, a prefix of import
// paths.
var homes = map[string][]string{
	"github.com/hashicorp/hcl":       {"schema/planfile"},
	"github.com/zclconf/go-cty":      {"schema/planfile"},
	"github.com/mattn/go-sqlite3":    {"state"},
	"database/sql":                   {"state"},
	"github.com/hashicorp/go-plugin": {"providers/plugin"},
	"github.com/hashicorp/go-hclog":  {"providers/plugin"},
	"google.golang.org/grpc":         {"providers/plugin", "providers/plugin/internal/wire", "providers/plugin/providerpb"},
	"google.golang.org/protobuf":     {"providers/plugin", "providers/plugin/internal/wire", "providers/plugin/providerpb"},
	"github.com/spf13/cobra":         {"cmd/drover"},
	"github.com/vbauerster/mpb":      {"cmd/drover"},
	"golang.org/x/term":              {"cmd/drover"},
	"github.com/yuin/goldmark":       {"engine/rewrite"},
	"github.com/getkin/kin-openapi":  {"providers/contracttest"},
	"github.com/vektah/gqlparser":    {"providers/github/githubtest/graphql"},
	"github.com/klauspost/compress": {
		"providers/gitpack", "providers/mercurial/hg/bundle", "providers/mercurial/hg/spool", "providers/mercurial/hg/store",
		"providers/subversion/dav", "providers/subversion/dump", "providers/subversion/fsfs", "providers/subversion/svn",
	},
}

// unreachable lists what neither a package nor anything that it imports may
// hold.
var unreachable = []struct {
	pkg       string
	libraries []string
}{
	{"engine", []string{"github.com/hashicorp", "github.com/zclconf/go-cty", "github.com/mattn/go-sqlite3", "database/sql", "google.golang.org/grpc", "github.com/spf13/cobra"}},
	{"state", []string{"github.com/hashicorp", "github.com/zclconf/go-cty", "google.golang.org/grpc", "github.com/spf13/cobra", module + "/engine", module + "/providers"}},
	{"schema/planfile", []string{"github.com/hashicorp/go-plugin", "github.com/mattn/go-sqlite3", "google.golang.org/grpc", module + "/engine", module + "/state", module + "/providers"}},
	{"cmd/drover-provider-*", []string{"github.com/hashicorp/hcl", "github.com/zclconf/go-cty", "github.com/mattn/go-sqlite3", "database/sql", "runtime/cgo", "github.com/spf13/cobra", module + "/engine", module + "/state", module + "/schema/planfile"}},
}

func TestImports(t *testing.T) {
	for _, p := range listed(t, "1") {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		may, known := allowed(name)
		if !known {
			t.Errorf("%s has no row in layers: decide what it may import", name)
		}
		for _, i := range p.Imports {
			if inside, ours := strings.CutPrefix(i, module+"/"); ours {
				if !matches(may, inside) {
					t.Errorf("%s imports %s; of this module it may import: %s", name, inside, strings.Join(may, ", "))
				}
			} else if slices.Contains(standardOnly, name) && strings.Contains(strings.Split(i, "/")[0], ".") {
				t.Errorf("%s imports %s; it may import the standard library and this module only", name, i)
			}
			for library, home := range homes {
				if within(i, library) && !slices.Contains(home, name) {
					t.Errorf("%s imports %s, whose home is %s", name, i, strings.Join(home, ", "))
				}
			}
		}
	}
}

// TestReach looks at what is linked. Providers are built without cgo, so they
// are listed without it.
func TestReach(t *testing.T) {
	packages := map[string][]listedPackage{"0": listed(t, "0"), "1": listed(t, "1")}
	for _, rule := range unreachable {
		cgo := "1"
		if strings.HasPrefix(rule.pkg, "cmd/drover-provider-") {
			cgo = "0"
		}
		met := false
		for _, p := range packages[cgo] {
			name := strings.TrimPrefix(p.ImportPath, module+"/")
			if !matches([]string{rule.pkg}, name) {
				continue
			}
			met = true
			for _, dep := range p.Deps {
				for _, library := range rule.libraries {
					if within(dep, library) {
						t.Errorf("%s reaches %s", name, dep)
					}
				}
			}
		}
		if !met {
			t.Errorf("no package is called %s", rule.pkg)
		}
	}
}

// TestReachSeesCgo makes sure that the test above would notice.
func TestReachSeesCgo(t *testing.T) {
	for _, p := range listed(t, "1") {
		if p.ImportPath == module+"/cmd/drover" && !slices.Contains(p.Deps, "runtime/cgo") {
			t.Error("drover, which links SQLite, does not reach runtime/cgo")
		}
	}
}

func allowed(name string) (may []string, known bool) {
	for _, layer := range layers {
		if matches([]string{layer.pkg}, name) {
			for _, pattern := range layer.may {
				pattern = strings.Replace(pattern, "SELF", name, 1)
				may = append(may, strings.Replace(pattern, "PARENT", path.Dir(name), 1))
			}
			return may, true
		}
	}
	return nil, false
}

// matches reports whether one of the patterns matches. A * stands for one part
// of a path.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return err == nil && ok
	})
}

// within reports whether an import path is that of a library or begins with it
// as a whole part: go-cty is not go-cty-yaml.
func within(importPath, library string) bool {
	return importPath == library || strings.HasPrefix(importPath, library+"/")
}

// listedPackage is what go list tells of a package. Tests are left out.
type listedPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// listed lists the packages of the module as they are built with or without
// cgo.
func listed(t *testing.T, cgo string) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []listedPackage
	for d := json.NewDecoder(out); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}
