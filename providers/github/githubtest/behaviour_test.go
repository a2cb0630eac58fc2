package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

type numbered struct {
	Number int64  `json:"number"`
	ID     int64  `json:"id"`
	Title  string `json:"title"`
}

// next returns where the next page is.
func next(response *http.Response) string {
	for link := range strings.SplitSeq(response.Header.Get("Link"), ",") {
		if url, rel, _ := strings.Cut(link, ";"); strings.Contains(rel, `rel="next"`) {
			return strings.Trim(strings.TrimSpace(url), "<>")
		}
	}
	return ""
}

// TestPaging reads a list in pages of every size: it is the same list.
func TestPaging(t *testing.T) {
	s, token := sampleServer(t)
	var want []numbered
	get(t, s, token, "/repos/lantern/beacon/issues?state=all&direction=asc&per_page=100", &want)
	if len(want) < 10 {
		t.Fatalf("%d issues", len(want))
	}
	for size := 1; size <= len(want)+1; size++ {
		var got []numbered
		path := fmt.Sprintf("/repos/lantern/beacon/issues?state=all&direction=asc&per_page=%d", size)
		for path != "" {
			var page []numbered
			response := get(t, s, token, path, &page)
			got = append(got, page...)
			path = next(response)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("pages of %d: %v, want %v", size, got, want)
		}
	}
}

func TestIssuesBySinceAndOrder(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	since := r.Issue(6).UpdatedAt
	want := map[int64]bool{}
	for _, i := range r.Issues {
		if !i.UpdatedAt.Before(since) {
			want[i.Number] = true
		}
	}
	var got []numbered
	get(t, s, token, "/repos/lantern/beacon/issues?state=all&sort=updated&direction=asc&since="+since.Format(time.RFC3339), &got)
	if len(got) != len(want) || len(got) == len(r.Issues) {
		t.Errorf("%d issues since then, want %d of %d", len(got), len(want), len(r.Issues))
	}
	for n := 1; n < len(got); n++ {
		if r.Issue(got[n].Number).UpdatedAt.Before(r.Issue(got[n-1].Number).UpdatedAt) {
			t.Errorf("%d comes before %d", got[n-1].Number, got[n].Number)
		}
	}
}

// TestConditionalRequests asks again with the ETag: the answer is empty and
// costs nothing, until something changes.
func TestConditionalRequests(t *testing.T) {
	s, token := sampleServer(t)
	const path = "/repos/lantern/beacon/issues/1/comments"
	first := get(t, s, token, path, nil)
	second := get(t, s, token, path, nil, "If-None-Match", first.Header.Get("ETag"))
	if second.StatusCode != http.StatusNotModified || second.Header.Get("X-RateLimit-Remaining") != first.Header.Get("X-RateLimit-Remaining") {
		t.Errorf("unchanged: status %d, %s left of %s", second.StatusCode, second.Header.Get("X-RateLimit-Remaining"), first.Header.Get("X-RateLimit-Remaining"))
	}
	r, _ := s.Model.Repository("lantern", "beacon")
	s.Model.AddComment(r.Issue(1), Comment{Content: by(r.Issue(1).Author, "Again.")})
	third := get(t, s, token, path, nil, "If-None-Match", first.Header.Get("ETag"))
	if third.StatusCode != http.StatusOK {
		t.Errorf("changed: status %d", third.StatusCode)
	}
}

func TestRenamedRepository(t *testing.T) {
	s, token := sampleServer(t)
	response := get(t, s, token, "/repos/lantern/handbook/issues?state=all", nil)
	r, _ := s.Model.Repository("lantern", "docs")
	want := fmt.Sprintf("%s/repositories/%d/issues?state=all", s.APIURL(), r.ID)
	if response.StatusCode != http.StatusMovedPermanently || response.Header.Get("Location") != want {
		t.Errorf("status %d, to %s, want %s", response.StatusCode, response.Header.Get("Location"), want)
	}
	var issues []numbered
	if get(t, s, token, want, &issues); len(issues) != 2 {
		t.Errorf("%d issues at the new place, want 2", len(issues))
	}
}

func TestWhoMaySeeWhat(t *testing.T) {
	s, owner := sampleServer(t)
	m := s.Model
	mona, stranger := s.Token(m.User("mona")), s.Token(m.AddUser(User{Login: "stranger"}))
	narrow := s.Token(m.User("ada"), "public_repo")
	revoked := s.Token(m.User("ada"))
	s.RevokeToken(revoked)
	tests := []struct {
		who, token, path string
		want             int
	}{
		{"nobody", "", "/repos/lantern/beacon", 200},
		{"nobody", "", "/repos/lantern/vault", 404},
		{"nobody", "", "/user", 401},
		{"a revoked token", revoked, "/user", 401},
		{"a stranger", stranger, "/repos/lantern/vault/issues", 404},
		{"a token without the scope", narrow, "/repos/lantern/vault", 404},
		{"an outside collaborator", mona, "/repos/lantern/vault", 200},
		{"an outside collaborator", mona, "/repos/lantern/vault/collaborators", 403},
		{"an outside collaborator", mona, "/repos/lantern/vault/hooks", 404},
		{"an outside collaborator", mona, "/repos/lantern/vault/actions/secrets", 403},
		{"an owner", owner, "/repos/lantern/vault/actions/secrets", 200},
		{"an owner", owner, "/repos/lantern/vault/hooks", 200},
		{"an owner", owner, "/repos/lantern/beacon/issues/7", 410},
		{"an owner", owner, "/repos/lantern/beacon/issues/8", 404},
		{"an owner", owner, "/repos/lantern/beacon/issues/99", 404},
		{"an owner", owner, "/repos/lantern/beacon/branches/main/protection", 200},
		{"an owner", owner, "/repos/lantern/beacon/branches/feature%2Flens/protection", 404},
	}
	for _, test := range tests {
		if got := get(t, s, test.token, test.path, nil).StatusCode; got != test.want {
			t.Errorf("%s asks for %s: status %d, want %d", test.who, test.path, got, test.want)
		}
	}
}

func TestRateLimit(t *testing.T) {
	s, token := sampleServer(t)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	for _, tooMany := range []bool{false, true} {
		s.Limits(Limits{Core: 2, GraphQL: 2, Search: 1, Anonymous: 1, Window: time.Hour, TooMany: tooMany})
		want := map[bool]int{false: 403, true: 429}[tooMany]
		for n, status := range []int{200, 200, want} {
			response := get(t, s, token, "/repos/lantern/beacon", nil)
			if response.StatusCode != status {
				t.Errorf("request %d: status %d, want %d", n+1, response.StatusCode, status)
			}
			if got := response.Header.Get("X-RateLimit-Reset"); got != strconv.FormatInt(now.Add(time.Hour).Unix(), 10) {
				t.Errorf("request %d: resets at %s", n+1, got)
			}
		}
		if got := get(t, s, token, "/rate_limit", nil).StatusCode; got != 200 {
			t.Errorf("asking for the limit: status %d", got)
		}
		now = now.Add(time.Hour)
		if got := get(t, s, token, "/repos/lantern/beacon", nil).StatusCode; got != 200 {
			t.Errorf("after the reset: status %d", got)
		}
	}
}

func TestFaults(t *testing.T) {
	const path = "/repos/lantern/beacon/labels"
	fetch := func(t *testing.T, s *Server, token string) (status int, header http.Header, err error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.APIURL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "token "+token)
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			return 0, nil, err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, response.Header, err
	}
	const cut, gone = -1, -2
	tests := []struct {
		name   string
		faults []Fault
		want   []int // statuses; cut: the body is incomplete; gone: no answer
	}{
		{"none", nil, []int{200, 200}},
		{"a storm", []Fault{Storm("/repos/*", 2)}, []int{502, 502, 200}},
		{"elsewhere", []Fault{Storm("/users/*", 2)}, []int{200}},
		{"later", []Fault{{From: 2, Status: 500}}, []int{200, 500, 200}},
		{"every second", []Fault{{Times: -1, Every: 2, Status: 503}}, []int{503, 200, 503, 200}},
		{"a secondary limit", []Fault{SecondaryLimit("", 1, time.Minute)}, []int{403, 200}},
		{"a body that is cut off", []Fault{{Cut: 10}}, []int{cut, 200}},
		{"no body", []Fault{{Cut: -1}}, []int{cut, 200}},
		{"a dropped connection", []Fault{{}}, []int{gone, 200}},
		{"a lost answer", []Fault{{After: true}}, []int{gone, 200}},
		{"another method", []Fault{{Times: -1, Method: http.MethodPost, Status: 500}}, []int{200}},
		{"two", []Fault{{Status: 500}, {Times: 2, Status: 503}}, []int{500, 503, 200}},
	}
	s, token := sampleServer(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.ClearFaults()
			s.Faults(test.faults...)
			for n, want := range test.want {
				status, header, err := fetch(t, s, token)
				switch {
				case status == 0:
					status = gone
				case err != nil:
					status = cut
				}
				if status != want {
					t.Errorf("request %d: %d (%v), want %d", n+1, status, err, want)
				}
				if status == 403 && header.Get("Retry-After") != "60" {
					t.Errorf("Retry-After is %q", header.Get("Retry-After"))
				}
			}
		})
	}
}

// TestAssetsAreElsewhere follows the redirect of an asset: credentials that are
// sent along are refused.
func TestAssetsAreElsewhere(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	a := r.Releases[0].Assets[0]
	response := get(t, s, token, fmt.Sprintf("/repos/lantern/beacon/releases/assets/%d", a.ID), nil, "Accept", "application/octet-stream")
	to := response.Header.Get("Location")
	if response.StatusCode != http.StatusFound || strings.HasPrefix(to, s.URL) {
		t.Fatalf("status %d, to %s", response.StatusCode, to)
	}
	if got := get(t, s, token, to, nil).StatusCode; got != http.StatusBadRequest {
		t.Errorf("with the token: status %d", got)
	}
	if got := download(t, to); got != string(a.Data) {
		t.Errorf("content %q, want %q", got, a.Data)
	}
	if got := get(t, s, "", strings.Replace(to, "sig=", "sig=0", 1), nil).StatusCode; got != http.StatusForbidden {
		t.Errorf("with another signature: status %d", got)
	}
}

// download follows redirects without any credentials.
func download(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, response.StatusCode, err)
	}
	return string(data)
}

func TestAttachments(t *testing.T) {
	s, token := sampleServer(t)
	for path, a := range s.Model.Attachments {
		if !a.Private {
			if got := download(t, s.URL+path); got != string(a.Data) {
				t.Errorf("%s: %q, want %q", path, got, a.Data)
			}
			continue
		}
		if got := get(t, s, "", s.URL+path, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s without a token: status %d", path, got)
		}
		fine := s.AddToken("", Token{User: s.Model.User("ada"), FineGrained: true})
		if got := get(t, s, fine, s.URL+path, nil).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s with a fine-grained token: status %d", path, got)
		}
		response := get(t, s, token, s.URL+path, nil)
		if got := download(t, response.Header.Get("Location")); got != string(a.Data) {
			t.Errorf("%s: %q, want %q", path, got, a.Data)
		}
	}
}

// runGit runs git without credentials or configuration of this machine.
func runGit(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C")
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func TestGit(t *testing.T) {
	s, token := sampleServer(t)
	private := strings.Replace(s.URL, "http://", "http://x:"+token+"@", 1)
	r, _ := s.Model.Repository("lantern", "beacon")
	out, err := runGit(t, "ls-remote", s.URL+"/lantern/beacon.git")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range r.Issues {
		if i.Pull != nil && !strings.Contains(out, i.Pull.Head.Commit+"\t"+pullRef(i)) {
			t.Errorf("refs/pull/%d/head is not %s", i.Number, i.Pull.Head.Commit)
		}
	}
	for _, url := range []string{
		s.URL + "/lantern/handbook.git", // renamed
		s.URL + "/lantern/docs.wiki.git",
		s.URL + "/gist/" + s.Model.Gists[0].ID + ".git",
		private + "/lantern/vault.git",
	} {
		to := filepath.Join(t.TempDir(), "clone")
		if _, err := runGit(t, "clone", "--quiet", url, to); err != nil {
			t.Error(err)
		}
	}
	for _, url := range []string{s.URL + "/lantern/vault.git", private + "/lantern/vault.wiki.git", s.URL + "/lantern/none.git"} {
		if out, err := runGit(t, "-c", "credential.helper=", "-c", "core.askPass=true", "ls-remote", url); err == nil {
			t.Errorf("%s can be read: %s", url, out)
		}
	}
}

// TestPushMovesPulls pushes to a branch that a pull request comes from.
func TestPushMovesPulls(t *testing.T) {
	s, token := sampleServer(t)
	r, _ := s.Model.Repository("lantern", "beacon")
	p := r.Issue(13)
	before, updated := p.Pull.Head.Commit, p.UpdatedAt
	dir := filepath.Join(t.TempDir(), "clone")
	url := strings.Replace(s.URL, "http://", "http://x:"+token+"@", 1) + "/lantern/beacon.git"
	for _, args := range [][]string{
		{"clone", "--quiet", "--branch", "feature/lens", url, dir},
		{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@lantern.example", "commit", "--quiet", "--allow-empty", "-m", "Think"},
		{"-C", dir, "push", "--quiet", "origin", "feature/lens"},
	} {
		if _, err := runGit(t, args...); err != nil {
			t.Fatal(err)
		}
	}
	s.Model.View(func() {
		if p.Pull.Head.Commit == before || len(p.Pull.Commits) != 2 || !p.UpdatedAt.After(updated) {
			t.Errorf("head %s (was %s), %d commits, updated %s", p.Pull.Head.Commit, before, len(p.Pull.Commits), p.UpdatedAt)
		}
	})
}

// TestSampleIsTheSame makes the sample twice.
func TestSampleIsTheSame(t *testing.T) {
	var all []string
	for range 2 {
		m := NewModel("http://github.test", t.TempDir())
		if err := Sample(m); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, r := range m.Repositories {
			fmt.Fprintln(&b, r.ID, r.FullName(), r.UpdatedAt)
			for _, i := range r.Issues {
				fmt.Fprintln(&b, i.ID, i.Number, i.Title, i.UpdatedAt, len(i.Events), len(i.Comments))
				if i.Pull != nil {
					fmt.Fprintln(&b, i.Pull.Head.Commit, i.Pull.Base.Commit, i.Pull.MergeCommit, len(i.Pull.Files))
				}
			}
		}
		all = append(all, b.String())
	}
	if all[0] != all[1] {
		t.Errorf("the sample differs:\n%s\n%s", all[0], all[1])
	}
}

func TestEdits(t *testing.T) {
	s, _ := sampleServer(t)
	web := httptest.NewServer(s.Edits())
	defer web.Close()
	post := func(body string) (int, map[string]any) {
		response, err := http.Post(web.URL+"/_model/edits", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var answer map[string]any
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, answer
	}
	r, _ := s.Model.Repository("lantern", "beacon")
	status, made := post(`{"do":"add_comment","repository":"lantern/beacon","as":"mona","number":3,"text":"Once more."}`)
	if status != 200 || len(r.Issue(3).Comments) != 1 {
		t.Fatalf("status %d: %v", status, made)
	}
	id := int64(made["comment"].(float64))
	tests := []struct {
		body string
		want int
		ok   func() bool
	}{
		{fmt.Sprintf(`{"do":"edit_comment","as":"mona","comment":%d,"text":"Changed."}`, id), 200, func() bool { return r.Issue(3).Comments[0].Body == "Changed." }},
		{fmt.Sprintf(`{"do":"delete_comment","as":"mona","comment":%d}`, id), 200, func() bool { return len(r.Issue(3).Comments) == 0 }},
		{`{"do":"add_issue","repository":"lantern/beacon","as":"mona","title":"New","labels":["bug"]}`, 200, func() bool { return r.Issue(r.LastNumber()).Title == "New" }},
		{`{"do":"edit_issue","repository":"lantern/beacon","as":"ada","number":3,"state":"closed","title":"Turn"}`, 200, func() bool { return r.Issue(3).State == "closed" && r.Issue(3).Title == "Turn" }},
		{`{"do":"react","repository":"lantern/beacon","as":"ada","number":3,"name":"heart"}`, 200, func() bool { return len(r.Issue(3).Reactions) == 1 }},
		{`{"do":"push","repository":"lantern/beacon","as":"ada","branch":"new","message":"m","files":{"a":"b"}}`, 200, nil},
		{`{"do":"delete_issue","repository":"lantern/beacon","number":3}`, 200, func() bool { return r.Issue(3) == nil }},
		{`{"do":"rename","repository":"lantern/beacon","name":"light"}`, 200, func() bool { return r.Name == "light" }},
		{`{"do":"add_comment","repository":"lantern/beacon","as":"nobody","number":1,"text":"x"}`, 422, nil},
		{`{"do":"dance"}`, 422, nil},
		{`{"do":"rename","wat":1}`, 400, nil},
	}
	for _, test := range tests {
		status, answer := post(test.body)
		if status != test.want || test.ok != nil && !test.ok() {
			t.Errorf("%s: status %d, want %d: %v", test.body, status, test.want, answer)
		}
	}
}
