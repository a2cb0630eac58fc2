package threads

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
	"github.com/drover-migrate/drover/providers/stream"
	"github.com/drover-migrate/drover/schema"
)

func TestDiffOf(t *testing.T) {
	for address, want := range map[string][2]string{
		"https://api.bitbucket.org/2.0/repositories/a/b/diff/a/b:0123456789ab..ba9876543210?path=x%2Fy..z": {"0123456789ab", "ba9876543210"},
		"https://api.bitbucket.org/2.0/repositories/a/b/diff/0123456789ab...ba9876543210":                  {"0123456789ab", "ba9876543210"},
		"https://api.bitbucket.org/2.0/repositories/a/b/diff/0123456789ab":                                 {},
		"": {}, "::": {}, "%zz": {},
	} {
		if head, base := diffOf(address); [2]string{head, base} != want {
			t.Errorf("%q: got %q, %q", address, head, base)
		}
	}
}

func TestPerson(t *testing.T) {
	for _, test := range []struct {
		account *api.Account
		want    schema.Person
	}{
		{nil, schema.Person{Name: "Former user"}},
		{&api.Account{}, schema.Person{Name: "Former user"}},
		{&api.Account{UUID: "{u}", AccountID: "1:a", Nickname: "ada", DisplayName: "Ada L"}, schema.Person{ID: "1:a", Login: "ada", Name: "Ada L"}},
		{&api.Account{UUID: "{u}", DisplayName: "An app"}, schema.Person{ID: "{u}", Name: "An app"}},
	} {
		if diff := cmp.Diff(test.want, Person(test.account)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.account, diff)
		}
	}
}

func TestStates(t *testing.T) {
	for state, want := range map[string][3]string{
		"new": {"open", "", "state:new"}, "open": {"open", "", ""}, "on hold": {"open", "", "state:on hold"}, "submitted": {"open", "", "state:submitted"},
		"resolved": {"closed", "completed", "state:resolved"}, "closed": {"closed", "", ""}, "invalid": {"closed", "not_planned", "state:invalid"},
		"wontfix": {"closed", "not_planned", "state:wontfix"}, "duplicate": {"closed", "duplicate", "state:duplicate"},
	} {
		got := [3]string{"closed", stateReason(state), stateLabel(state)}
		if isOpen(state) {
			got[0] = "open"
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", state, got, want)
		}
	}
}

func TestClosing(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(int64(n), 0).UTC() }
	change := func(n int, from, to string) api.IssueChange {
		return api.IssueChange{CreatedOn: at(n), User: &api.Account{AccountID: to}, Changes: map[string]api.FieldValue{"state": {Old: api.Text(from), New: api.Text(to)}}}
	}
	when, who := closing([]api.IssueChange{change(1, "new", "resolved"), change(2, "resolved", "open"), change(3, "open", "invalid"), change(4, "invalid", "wontfix")})
	if !when.Equal(at(3)) || who == nil || who.ID != "invalid" {
		t.Errorf("closed at %v by %+v; another reason for the same is no closing", when, who)
	}
	if when, who := closing(nil); !when.IsZero() || who != nil {
		t.Errorf("without changes: %v, %v", when, who)
	}
}

const web = "https://bitbucket.org"

func TestPictures(t *testing.T) {
	text := "![a](" + web + "/repo/x8/images/12-a%20b.png) and <img src=\"" + web + "/repo/x8/images/shot.png\"> " + web + "/repo/create " +
		web + "/repo/x8/images/../../x https://evil.example" + "/repo/x8/images/1-a.png " + web + "/repo/x8/images/2-c.png?x=1"
	want := []Picture{{web + "/repo/x8/images/12-a%20b.png", "a b.png"}, {web + "/repo/x8/images/shot.png", "shot.png"}}
	if diff := cmp.Diff(want, Pictures(web, text)); diff != "" {
		t.Errorf("pictures (-want +got):\n%s", diff)
	}
}

// FuzzPictures holds that nothing else of the pages, or of another server, is taken
// for a picture: credentials go to where it leads.
func FuzzPictures(f *testing.F) {
	f.Add("![a](https://bitbucket.org/repo/x8/images/12-a.png)")
	f.Add("https://bitbucket.org/repo/../images/%2e%2e https://bitbucket.org/repo/a/images/%2F")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Pictures(web, text) {
			rest, ok := strings.CutPrefix(p.URL, web+"/repo/")
			if !ok || strings.Count(rest, "/") != 2 || strings.Contains(p.Name, "/") || p.Name == "" || !strings.Contains(text, p.URL) {
				t.Errorf("%q is taken for a picture called %q", p.URL, p.Name)
			}
			if again, ok := ParsePicture(web, p.URL); !ok || again != p {
				t.Errorf("%q is a picture in a text and none by itself", p.URL)
			}
		}
	})
}

func TestThreadOf(t *testing.T) {
	for id, want := range map[string]schema.Key{
		"issues/12": issueKey(12), "issues/12/comments/3": issueKey(12), "pullrequests/7/participants/{u}": changeKey(7),
		"": {}, "issues": {}, "issues/": {}, "issues/-1": {}, "issues/x": {}, "commits/1": {}, "12": {},
	} {
		if got, ok := threadOf(id); got.key != want || ok != (want.ID != "") {
			t.Errorf("%q: got %v, %v", id, got.key, ok)
		}
	}
}

func TestCursors(t *testing.T) {
	c := cursor{Mark: stream.Mark{Version: version, Counts: map[schema.Kind]int64{"issue": 3}}, Issue: 3, Issues: true, Pull: 4, Next: Head{}.next()}
	var r reading
	if err := r.resume(stream.Encode(c), since{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, r.cursor); diff != "" {
		t.Errorf("cursor (-want +got):\n%s", diff)
	}
	for _, bad := range []schema.Cursor{"", "{}", "x", `{"v":2,"next":{"v":1}}`, `{"v":1,"issue":-1,"next":{"v":1}}`} {
		if err := r.resume(bad, since{}); err == nil && bad != "" {
			t.Errorf("%q is taken for a cursor", bad)
		}
		if _, ok := decodeSince(bad); ok && bad != `{"v":1,"issue":-1,"next":{"v":1}}` {
			t.Errorf("%q is taken for where a reading ended", bad)
		}
	}
}
