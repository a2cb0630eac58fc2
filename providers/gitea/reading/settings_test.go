package reading

import (
	"encoding/json"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitea/api"
)

func TestChoice(t *testing.T) {
	for settings, test := range map[string]struct {
		identity  string
		id        int64
		name      api.Repo
		attribute string // at fault
		refused   bool
	}{
		`{"repository": "acme/x.y"}`:                {name: api.Repo{Owner: "acme", Name: "x.y"}},
		`{"repo_id": 7}`:                            {id: 7},
		`{"repo_id": "7"}`:                          {id: 7},
		`{"repository": "acme/y", "repo_id": null}`: {identity: "9", id: 9, name: api.Repo{Owner: "acme", Name: "y"}},
		`{}`:                       {attribute: "repository", refused: true},
		`{"repository": "acme"}`:   {attribute: "repository", refused: true},
		`{"repository": "../x"}`:   {attribute: "repository", refused: true},
		`{"repository": "a/b/c"}`:  {attribute: "repository", refused: true},
		`{"repo_id": "-7"}`:        {attribute: "repo_id", refused: true},
		`{"repo_id": [7]}`:         {refused: true},
		`{"repository": "acme/z"}`: {identity: "x", refused: true},
	} {
		c, err := readChoice(providers.Repo{Settings: json.RawMessage(settings), Identity: test.identity})
		if test.refused {
			if e := providers.AsError(err); providers.CodeOf(err) != providers.CodeInvalid || e.Attribute != test.attribute {
				t.Errorf("%s: %v; want a fault of %q", settings, err, test.attribute)
			}
			continue
		}
		if err != nil || c.id != test.id || c.name != test.name {
			t.Errorf("%s: %+v, %v", settings, c, err)
		}
	}
}

func TestConnection(t *testing.T) {
	for settings, attribute := range map[string]string{
		`{"url": "https://git.example/sub/"}`:                  "",
		`{"url": "git.example"}`:                               "url",
		`{"url": "https://user:pw@git.example"}`:               "url",
		`{"url": "https://git.example", "ca_file": "missing"}`: "ca_file",
	} {
		_, err := newSource(providers.Config{Settings: json.RawMessage(settings), Secrets: map[string]string{"access_token": "t"}, Dir: t.TempDir()}, "1")
		if attribute == "" && err != nil || attribute != "" && (err == nil || providers.AsError(err).Attribute != attribute) {
			t.Errorf("%s: %v", settings, err)
		}
	}
	for _, token := range []string{"", " ", "a b", "a\nb", "ä"} {
		_, err := readConnection(providers.Config{Settings: json.RawMessage(`{"url": "https://git.example"}`), Secrets: map[string]string{"access_token": token}})
		if err == nil || providers.AsError(err).Attribute != "access_token" {
			t.Errorf("token %q: %v", token, err)
		}
	}
}
