package tfvc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
	"github.com/drover-migrate/drover/schema"
)

// Values of attributes.
const (
	keepWord     = "keep"
	dropWord     = "drop"
	noneWord     = "none"
	tagsWord     = "tags"
	trailersWord = "trailers"

	// defaultTrunk is the git branch of the trunk.
	defaultTrunk = "main"
)

// settings are those of a repository block.
type settings struct {
	URL     string   `json:"vcs_url"`
	Project string   `json:"tfvc_project"`
	Trunk   string   `json:"trunk"`
	Paths   []string `json:"branches"`

	DefaultBranch   string `json:"default_branch"`
	EmptyChangesets string `json:"empty_changesets"`
	Outside         string `json:"outside"`
	Labels          string `json:"labels"`
	WorkItems       string `json:"work_items"`

	address azure.Address
}

// readSettings reads the settings of a repository block; what it leaves out has
// the value that the description says.
func readSettings(raw json.RawMessage) (*settings, error) {
	s := &settings{DefaultBranch: defaultTrunk, EmptyChangesets: keepWord, Outside: keepWord, Labels: tagsWord, WorkItems: trailersWord}
	if err := decode(raw, s); err != nil {
		return nil, err
	}
	var err error
	if s.address, err = azure.ParseAddress(s.URL); err != nil {
		return nil, err
	}
	if s.address.Git {
		return nil, invalid("vcs_url", "vcs_url is the address of a git repository", `write the address of the organization or collection, or use vcs = "git"`)
	}
	if s.Project == "" {
		s.Project = s.address.Project
	}
	s.Project = strings.Trim(strings.TrimPrefix(s.Project, serverRoot), "/")
	if strings.Contains(s.Project, "/") || s.Project != "" && checkPath(s.Project) != nil {
		return nil, invalid("tfvc_project", fmt.Sprintf("tfvc_project %q is not the name of a project", schema.Printable(s.Project)), `write the name alone, such as "ERP"`)
	}
	if s.Trunk, err = s.folder("trunk", s.Trunk); err != nil {
		return nil, err
	}
	for i, p := range s.Paths {
		if s.Paths[i], err = s.folder("branches", p); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// folder cleans a path in the project as people write it.
func (s *settings) folder(attribute, p string) (string, error) {
	if full, ok := strings.CutPrefix(p, serverRoot); ok {
		name, rest := cut(full)
		if s.Project != "" && fold(name) != fold(s.Project) {
			return "", invalid(attribute, fmt.Sprintf("%s names %q, which is in another project", attribute, schema.Printable(p)), "write paths as they are in the project")
		}
		p = rest
	}
	p = strings.Trim(p, "/")
	if p == "." {
		p = ""
	}
	if err := checkPath(p); err != nil {
		return "", invalid(attribute, fmt.Sprintf("%s names %q: %v", attribute, schema.Printable(p), err), `write paths in the project, such as "Main" or "Releases/*"`)
	}
	return p, nil
}

// patterns are the paths of branches that the plan gives, folded.
func (s *settings) patterns() []string {
	var list []string
	for _, p := range s.Paths {
		list = append(list, fold(p))
	}
	if len(list) > 0 && s.Trunk != "" {
		list = append(list, fold(s.Trunk))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// key is a digest of what makes the commits what they are. Settings that only
// choose refs are not in it.
func (s *settings) key(p azure.Project) string {
	return schema.Digest([]any{"tfvc", stateFormat, identity(p), s.address.Host(), s.patterns(), s.EmptyChangesets, s.Outside, s.WorkItems})
}

// identity is the permanent id of a project.
func identity(p azure.Project) string { return "tfvc:" + strings.ToLower(p.ID) }

// invalid is the error of a setting that cannot be used.
func invalid(attribute, message, hint string) *providers.Error {
	return &providers.Error{Code: providers.CodeInvalid, Op: "read " + attribute, Attribute: attribute, Message: message, Hint: hint}
}

// decode reads settings that were checked against the description before.
func decode(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return providers.Errorf(providers.CodeInvalid, "the settings are not what this provider describes: %w", err)
	}
	return nil
}
