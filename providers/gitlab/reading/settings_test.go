package reading

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestChoice(t *testing.T) {
	for name, test := range map[string]struct {
		settings, identity string
		want               choice
		refused            string // the attribute at fault, or "-"
	}{
		"a project":          {`{"source_full_path": "acme/tools/lamp", "source_type": "project_entity"}`, "", choice{id: "acme/tools/lamp", members: true}, ""},
		"with slashes":       {`{"source_full_path": "/acme/lamp/"}`, "", choice{id: "acme/lamp", members: true}, ""},
		"a number":           {`{"source_full_path": "12", "migrate_memberships": false}`, "", choice{id: "12", number: 12}, ""},
		"known":              {`{"source_full_path": "acme/lamp"}`, "34", choice{id: "34", number: 34, members: true}, ""},
		"a group":            {`{"source_full_path": "acme", "source_type": "group_entity"}`, "", choice{group: true, id: "acme", members: true}, ""},
		"a known group":      {`{"source_full_path": "acme", "source_type": "group_entity"}`, "group:5", choice{group: true, id: "5", number: 5, members: true}, ""},
		"nothing":            {`{}`, "", choice{}, "source_full_path"},
		"not deep enough":    {`{"source_full_path": "lamp"}`, "", choice{}, "source_full_path"},
		"out of the way":     {`{"source_full_path": "acme/../admin"}`, "", choice{}, "source_full_path"},
		"a query":            {`{"source_full_path": "acme/lamp?private_token=x"}`, "", choice{}, "source_full_path"},
		"escaped":            {`{"source_full_path": "acme%2Flamp/x"}`, "", choice{}, "source_full_path"},
		"a URL":              {`{"source_full_path": "https://gitlab.com/acme/lamp"}`, "", choice{}, "source_full_path"},
		"a group's identity": {`{"source_full_path": "acme/lamp"}`, "group:5", choice{}, "-"},
		"a strange identity": {`{"source_full_path": "acme/lamp"}`, "-5", choice{}, "-"},
		"of another type":    {`{"source_full_path": 5}`, "", choice{}, "-"},
	} {
		got, err := readChoice(providers.Repo{Settings: []byte(test.settings), Identity: test.identity})
		if test.refused != "" {
			e := providers.AsError(err)
			if e == nil || e.Code != providers.CodeInvalid || test.refused != "-" && (e.Attribute != test.refused || e.Hint == "") {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(choice{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestConnection(t *testing.T) {
	for name, test := range map[string]struct {
		settings, token string
		want            connection
		refused         string
	}{
		"no address":     {`{}`, "glpat-1", connection{url: "https://gitlab.com", token: "glpat-1"}, ""},
		"an address":     {`{"url": "https://x.org/git/api/v4/", "ca_file": "ca.pem"}`, " glpat-1\n", connection{url: "https://x.org/git", token: "glpat-1", caFile: "/plan/ca.pem"}, ""},
		"no token":       {`{}`, " ", connection{}, "access_token"},
		"a broken token": {`{}`, "glpat 1", connection{}, "access_token"},
		"a password":     {`{"url": "https://ada:secret@x.org"}`, "glpat-1", connection{}, "url"},
		"no URL":         {`{"url": "x.org"}`, "glpat-1", connection{}, "url"},
	} {
		got, err := readConnection(providers.Config{Settings: []byte(test.settings), Secrets: map[string]string{"access_token": test.token}, Dir: "/plan"})
		if test.refused != "" {
			if e := providers.AsError(err); e == nil || e.Attribute != test.refused || e.Code != providers.CodeInvalid {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(connection{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
