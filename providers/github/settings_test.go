package github

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
)

func TestReadTokens(t *testing.T) {
	for text, want := range map[string][]string{
		"a":             {"a"},
		" a \n":         {"a"},
		"a,b":           {"a", "b"},
		"a, b\r\nc\n\n": {"a", "b", "c"},
	} {
		got, err := readTokens(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "\n", "a b", "tök", "a\x00"} {
		if _, err := readTokens(text); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestReadChoice(t *testing.T) {
	for settings, want := range map[string]choice{
		`{"repo_id":12}`:                  {id: 12},
		`{"repo_id":"12"}`:                {id: 12},
		`{"repository":"octo-org/a.b_c"}`: {owner: "octo-org", name: "a.b_c"},
		`{"gist_id":"0a1b"}`:              {gist: "0a1b"},
		`{"gist_id":4277}`:                {gist: "4277"},
		`{"repo_id":1,"optional_stages":{"attachments_import":true,"single_endpoint_notes_import":true}}`:                    {id: 1, attachments: true},
		`{"repo_id":1,"pagination_limit":5,"timeout_strategy":"optimistic","optional_stages":{"collaborators_import":true}}`: {id: 1, pageSize: 5, strategy: "optimistic", members: true},
	} {
		got, err := readChoice(providers.Repo{Settings: json.RawMessage(settings)})
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", settings, got, err)
		}
	}
	for _, settings := range []string{
		`{}`, `{"repo_id":0}`, `{"repo_id":-1}`, `{"repo_id":"x"}`, `{"repo_id":1.5}`, `{"repo_id":true}`, `{"repo_id":"99999999999999999999"}`,
		`{"repository":"octocat"}`, `{"repository":"a/b/c"}`, `{"repository":"../x"}`, `{"repository":"a/.."}`, `{"repository":"a/b?x"}`, `{"repository":"-/ "}`, `{"gist_id":"../x"}`,
		`{"repository":"a/` + strings.Repeat("b", 200) + `"}`,
	} {
		if c, err := readChoice(providers.Repo{Settings: json.RawMessage(settings)}); providers.CodeOf(err) != providers.CodeInvalid {
			t.Errorf("%s: %+v, %v", settings, c, err)
		}
	}
}
