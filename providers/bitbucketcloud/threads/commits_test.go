package threads

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/bitbucketcloud/api"
)

func TestCommits(t *testing.T) {
	tip, merge, head, base := strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("3", 40), strings.Repeat("4", 40)
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash := path.Base(r.URL.Path)
		asked[hash]++
		switch {
		case strings.HasPrefix(merge, hash):
			fmt.Fprintf(w, `{"hash":%q,"parents":[{"hash":%q},{"hash":%q}]}`, merge, base, head)
		case hash == "555555555555": // another commit than was asked for
			fmt.Fprintf(w, `{"hash":%q}`, head)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer s.Close()
	client, err := api.New(api.Options{Host: api.Host{API: s.URL}, Username: "a", Secret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	c := newCommits(client, api.Repo{Workspace: "a", Slug: "b"}, map[string]string{"refs/heads/main": tip})
	for _, test := range []struct{ hash, want string }{
		{tip[:12], tip}, {merge[:12], merge}, {head[:12], head}, {base[:12], base}, {base, base}, {"666666666666", ""}, {"666666666666", ""},
		{"555555555555", ""}, {"", ""}, {"abc", ""}, {"main", ""}, {"../../../etc", ""},
	} {
		if got, err := c.full(t.Context(), test.hash); err != nil || got != test.want {
			t.Errorf("%q: got %q, %v; want %q", test.hash, got, err, test.want)
		}
	}
	// The tip is known, the parents come with the merge, and nothing is asked twice.
	if want := (map[string]int{merge[:12]: 1, "666666666666": 1, "555555555555": 1}); fmt.Sprint(want) != fmt.Sprint(asked) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
}
