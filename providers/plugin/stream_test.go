package plugin_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
	"github.com/drover-migrate/drover/schema"
)

// counters asks the provider how many records it has made, and how many reads
// have ended.
func counters(t testing.TB, s providers.Source) (produced, ended int64) {
	t.Helper()
	for answer, err := range s.Inspect(t.Context(), []providers.Lookup{{Repo: providers.Repo{Identity: "counters"}}}) {
		if err != nil {
			t.Fatal(err)
		}
		produced, ended = answer.Facts.GitBytes, answer.Facts.Requests
	}
	return produced, ended
}

func TestReadToTheEnd(t *testing.T) {
	s := openSource(t, launch(t, options(t, "fake")))
	n, end := 0, false
	for m, err := range s.Read(t.Context(), providers.ReadRequest{Stream: "1234"}) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Record != nil {
			same(t, record(n), m.Record)
			n++
		}
		end = m.End != nil
	}
	if n != 1234 || !end {
		t.Errorf("%d records, end %v", n, end)
	}
}

// TestBreak leaves a loop early: the provider's read ends too.
func TestBreak(t *testing.T) {
	s := openSource(t, launch(t, options(t, "fake")))
	n := 0
	for _, err := range s.Read(t.Context(), providers.ReadRequest{Stream: "endless"}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 10 {
			break
		}
	}
	for {
		if _, ended := counters(t, s); ended == 1 {
			return
		}
	}
}

// TestBackPressure stalls a reader and waits for the provider to stall too.
func TestBackPressure(t *testing.T) {
	const bound = 40_000 // of some 150 bytes each; what travels at once is some 3 MiB
	s := openSource(t, launch(t, options(t, "fake")))
	for _, err := range s.Read(t.Context(), providers.ReadRequest{Stream: "endless"}) {
		if err != nil {
			t.Fatal(err)
		}
		last, unchanged := int64(-1), 0
		for unchanged < 200 {
			produced, _ := counters(t, s)
			if produced > bound {
				t.Fatalf("the provider is %d records ahead of a reader that has stopped", produced)
			}
			if unchanged++; produced != last {
				last, unchanged = produced, 0
			}
		}
		return
	}
}

// TestCancel cancels a call whose provider does not mind.
func TestCancel(t *testing.T) {
	c := plugin.Launch(options(t, "fake"))
	s := openSource(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range s.Read(ctx, providers.ReadRequest{Stream: "deaf"}) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) || providers.CodeOf(last) != providers.CodeUnavailable {
		t.Errorf("error %v", last)
	}
	if _, err := s.ExportGit(ctx, wantExportRequest(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a call under an ended context: %v", err)
	}
	if err := c.Close(ctx); err == nil {
		t.Error("the provider was not killed")
	}
}

func TestErrors(t *testing.T) {
	var log journal
	o := options(t, "fake")
	o.Log = logTo(&log)
	c := launch(t, o)
	s, target := openSource(t, c), openTarget(t, c)
	pid := c.PID()
	read := func(stream string) (n int, last error) {
		for _, err := range s.Read(t.Context(), providers.ReadRequest{Stream: stream}) {
			if last = err; err == nil {
				n++
			}
		}
		return n, last
	}
	internal := func(message string) *providers.Error {
		return &providers.Error{Code: providers.CodeInternal, Message: message}
	}
	panicked := internal("the provider panicked: runtime error: index out of range [5] with length 0")
	panicked.Op, panicked.Hint = "Read", "report it to the provider's author with the stack from the log"
	broken := func(what string) *providers.Error {
		e := internal("provider fake broke the protocol: it sent " + what)
		e.Hint = "report it to the provider's author"
		return e
	}

	// What is wrapped around an error is told with it.
	wrapped := wantError()
	wrapped.Message = "page 2: " + wrapped.Error()
	wrapped.Op, wrapped.Subject = "", ""
	tests := []struct {
		name string
		call func() error
		want *providers.Error
	}{
		{"after a record", func() error {
			n, err := read("error")
			if n != 1 {
				t.Errorf("%d records before the error", n)
			}
			return err
		}, wrapped},
		{"of another type", func() error { _, err := read("foreign error"); return err }, internal("plain failure")},
		{"panic", func() error { _, err := read("panic"); return err }, panicked},
		{"refused session", func() error {
			config := wantConfig()
			config.Settings = []byte(`{"refuse":true}`)
			_, err := c.OpenSource(t.Context(), config)
			return err
		}, wantError()},
		{"missing blob", func() error {
			_, err := s.OpenBlob(t.Context(), wantRepo(), schema.Blob{ID: "missing"})
			return err
		}, wantError()},
		{"blob that is cut off", func() error {
			r, err := s.OpenBlob(t.Context(), wantRepo(), schema.Blob{ID: "cut off"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if string(got) != "half" {
				t.Errorf("read %q", got)
			}
			return errors.Join(err, r.Close())
		}, internal("unexpected EOF")},
		{"long cursor", func() error { _, err := read("long cursor"); return err },
			broken("a cursor of 4097 bytes; the limit is 4096")},
		{"answer to nothing", func() error {
			return first(s.Inspect(t.Context(), []providers.Lookup{{ID: 1, Repo: providers.Repo{Identity: "stranger"}}}))
		}, broken("answer 99, which nothing asked for")},
		{"no answer", func() error {
			return first(s.Inspect(t.Context(), []providers.Lookup{{ID: 1, Repo: providers.Repo{Identity: "silent"}}}))
		}, broken("no answer to question 1, and to 1 questions in all")},
		{"too few answers", func() error {
			_, err := target.Write(t.Context(), providers.WriteRequest{Repo: schema.Ref{ID: "forgetful"}, Writes: wantWrite().Writes[:1]})
			return err
		}, broken("0 answers to 1 writes")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.call()
			if err == nil {
				t.Fatal("no error")
			}
			same(t, tt.want, providers.AsError(err))
		})
	}
	if c.PID() != pid {
		t.Error("the provider did not survive")
	}
	if !strings.Contains(log.String(), "fake_test.go") {
		t.Errorf("the stack of the panic is not in the log:\n%s", log.String())
	}
}

func first[T any](seq func(func(T, error) bool)) (err error) {
	seq(func(_ T, e error) bool { err = e; return false })
	return err
}

func TestUnfitRecords(t *testing.T) {
	s := openSource(t, launch(t, options(t, "fake")))
	var keys []string
	var last error
	for m, err := range s.Read(t.Context(), providers.ReadRequest{Stream: "unfit"}) {
		switch {
		case err != nil:
			last = err
		case m.Failed != nil:
			keys = append(keys, "failed "+m.Failed.Key.ID)
		case m.Record != nil:
			keys = append(keys, "record "+m.Record.ID)
		}
	}
	same(t, []string{"failed 1", "failed 2", "record 4"}, keys)
	if providers.CodeOf(last) != providers.CodeInternal || !strings.Contains(last.Error(), `unknown kind "spaceship"`) {
		t.Errorf("error %v", last)
	}
}

func TestSourceOnly(t *testing.T) {
	c := launch(t, options(t, "source only"))
	_, err := c.OpenTarget(t.Context(), wantConfig())
	same(t, providers.Unsupported("sign in as target"), providers.AsError(err))
}

// TestCloseBlob closes content in the middle, and while a Read waits.
func TestCloseBlob(t *testing.T) {
	s := openSource(t, launch(t, options(t, "fake")))
	r, err := s.OpenBlob(t.Context(), wantRepo(), schema.Blob{ID: "b1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}

	r, err = s.OpenBlob(t.Context(), wantRepo(), schema.Blob{ID: "slow"})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error)
	go func() {
		_, err := r.Read(make([]byte, 1))
		failed <- err
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("the read succeeded")
	}
}
