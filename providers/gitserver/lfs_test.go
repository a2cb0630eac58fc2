package gitserver

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lfs is a client of the batch protocol that does what it is told.
type lfs struct {
	t    *testing.T
	base string
}

func (c lfs) do(method, url, authorization string, body []byte) (int, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, data
}

func (c lfs) batch(operation string, objects ...lfsObject) []lfsObject {
	c.t.Helper()
	in, err := json.Marshal(lfsBatch{Operation: operation, Transfers: []string{"basic"}, Objects: objects})
	if err != nil {
		c.t.Fatal(err)
	}
	status, out := c.do(http.MethodPost, c.base+"/acme/api.git/info/lfs/objects/batch", "Bearer token", in)
	var answer lfsBatch
	if err := json.Unmarshal(out, &answer); err != nil || status != http.StatusOK || len(answer.Objects) != len(objects) {
		c.t.Fatalf("batch: status %d, %v: %s", status, err, out)
	}
	return answer.Objects
}

func TestLFS(t *testing.T) {
	_, base, dir := serve(t, func(r *http.Request, _ string, _ bool) int {
		if r.Header.Get("Authorization") != "Bearer token" {
			return http.StatusUnauthorized
		}
		return 0
	})
	c := lfs{t, base}
	data := []byte("a large file\n")
	oid, err := PutLFS(t.TempDir(), data)
	if err != nil {
		t.Fatal(err)
	}
	object := lfsObject{OID: oid, Size: int64(len(data))}

	if got := c.batch("download", object)[0]; got.Error == nil || got.Error.Code != http.StatusNotFound {
		t.Errorf("an object that is not there: %+v", got)
	}
	up := c.batch("upload", object)[0].Actions["upload"]
	if status, _ := c.do(http.MethodPut, up.Href, "Bearer token", data); status != http.StatusForbidden {
		t.Errorf("upload with the credentials in place of the given header: status %d", status)
	}
	if status, _ := c.do(http.MethodPut, up.Href, up.Header["Authorization"], []byte("other")); status != http.StatusUnprocessableEntity {
		t.Errorf("upload of other content: status %d", status)
	}
	if _, err := os.Stat(lfsPath(dir, oid)); err == nil {
		t.Error("other content was stored")
	}
	verify := c.batch("upload", object)[0].Actions["verify"]
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := c.do(http.MethodPost, verify.Href, verify.Header["Authorization"], body); status != http.StatusNotFound {
		t.Errorf("verify before the upload: status %d", status)
	}
	if status, out := c.do(http.MethodPut, up.Href, up.Header["Authorization"], data); status != http.StatusOK {
		t.Fatalf("upload: status %d: %s", status, out)
	}
	if status, _ := c.do(http.MethodPost, verify.Href, verify.Header["Authorization"], body); status != http.StatusOK {
		t.Errorf("verify after the upload: status %d", status)
	}
	if got := c.batch("upload", object)[0]; got.Actions != nil || got.Error != nil {
		t.Errorf("an object that is there is asked for again: %+v", got)
	}
	down := c.batch("download", object)[0].Actions["download"]
	if status, out := c.do(http.MethodGet, down.Href, down.Header["Authorization"], nil); status != http.StatusOK || !bytes.Equal(out, data) {
		t.Errorf("download: status %d: %q", status, out)
	}
	for _, bad := range []lfsObject{{OID: "../../x", Size: 1}, {OID: strings.Repeat("A", 64), Size: 1}, {OID: oid, Size: 99}} {
		if got := c.batch("download", bad)[0]; got.Error == nil || got.Error.Code != http.StatusUnprocessableEntity {
			t.Errorf("object %+v: %+v", bad, got)
		}
	}
	if status, _ := c.do(http.MethodPost, base+"/acme/api.git/info/lfs/objects/batch", "", []byte(`{"operation":"download"}`)); status != http.StatusUnauthorized {
		t.Errorf("batch of a stranger: status %d", status)
	}
}

// TestGitLFS pushes and clones with git-lfs itself.
func TestGitLFS(t *testing.T) {
	if _, err := exec.LookPath("git-lfs"); err != nil {
		t.Skip("git-lfs is not installed")
	}
	_, base, dir := serve(t, nil)
	from := work(t, 10)
	data := []byte(strings.Repeat("large ", 1000))
	if err := os.WriteFile(filepath.Join(from, "a.bin"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, from, "lfs", "install", "--local")
	git(t, from, "lfs", "track", "*.bin")
	git(t, from, "add", ".")
	git(t, from, "commit", "--quiet", "-m", "two")
	git(t, from, "push", "--quiet", base+"/acme/api.git", "main")
	oid := strings.Fields(git(t, from, "lfs", "ls-files", "--long"))[0]
	if stored, err := os.ReadFile(lfsPath(dir, oid)); err != nil || !bytes.Equal(stored, data) {
		t.Fatalf("the server has not got the object: %v", err)
	}
	to := t.TempDir()
	git(t, to, "init", "--quiet")
	git(t, to, "lfs", "install", "--local")
	git(t, to, "remote", "add", "origin", base+"/acme/api.git")
	git(t, to, "pull", "--quiet", "origin", "main")
	if got, err := os.ReadFile(filepath.Join(to, "a.bin")); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the file that was pulled has %d bytes, %v", len(got), err)
	}
}
