package bitbucketcloudtest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/standin"
)

func TestProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- standin.Run(ctx, "bitbucketcloudserver", []string{"--sample", "--token", "demo"}, in, in, program)
		in.Close()
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the program says nothing and ends with code %d", <-ended)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, lines.Text()+"/repositories/lantern/beacon", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("ada@example.org", "demo")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("the sample answers %s", answer.Status)
	}
	stop()
	for lines.Scan() {
		t.Errorf("the program says %q", lines.Text())
	}
	if code := <-ended; code != 0 {
		t.Errorf("it ends with code %d", code)
	}
}

func TestProgramRefuses(t *testing.T) {
	var errs strings.Builder
	if code := Main([]string{"--listen", "nowhere:x"}, io.Discard, &errs); code != 1 || !strings.Contains(errs.String(), "nowhere") {
		t.Errorf("code %d: %s", code, errs.String())
	}
}
