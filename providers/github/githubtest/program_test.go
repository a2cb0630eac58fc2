package githubtest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/standin"
)

// TestProgram starts the program as a script would, asks it, edits, and ends it.
func TestProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- standin.Run(ctx, "githubserver", []string{"--sample", "--edits", "--token", "secret"}, in, in, program)
		in.Close()
	}()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSpace(first)

	edit := `{"do":"add_issue","repository":"lantern/vault","as":"ada","title":"Rust"}`
	response, err := http.Post(base+"/_model/edits", "application/json", strings.NewReader(edit))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v3/repos/lantern/vault/issues", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer secret")
	if response, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"title":"Rust"`) {
		t.Errorf("status %d, %v: %.300s", response.StatusCode, err, body)
	}
	stop()
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("it goes on to say %q, %v", rest, err)
	}
	if code := <-done; code != 0 {
		t.Errorf("it ends with code %d", code)
	}
}

func TestProgramRefuses(t *testing.T) {
	for _, args := range [][]string{{"--listen", "nowhere:-1"}, {"--unknown"}} {
		var errs strings.Builder
		if code := Main(args, io.Discard, &errs); code == 0 || errs.Len() == 0 {
			t.Errorf("%v: code %d: %s", args, code, errs.String())
		}
	}
}
