package plugin_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/plugin"
)

const roleKey = "PLUGIN_TEST_ROLE"

// TestMain lets the test binary play the programs that the tests start.
func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "":
		os.Exit(m.Run())
	case "fake":
		plugin.Serve(fake())
	case "noisy":
		fmt.Println("loading plug-ins")
		fmt.Print("\x1b[1mhalf a line ")
		plugin.Serve(fake())
	case "impostor":
		p := fake()
		p.Description.Name = "other"
		plugin.Serve(p)
	case "contradiction":
		p := fake()
		p.OpenTarget = nil
		plugin.Serve(p)
	case "source only":
		p := fake()
		p.Description.Target, p.OpenTarget = nil, nil
		plugin.Serve(p)
	case "panics":
		panic("no configuration")
	case "exits":
		fmt.Fprintln(os.Stderr, "\x1b]0;no licence")
		os.Exit(3)
	case "newer":
		fmt.Println("1|9|unix|/nowhere|grpc|")
		select {}
	case "older":
		fmt.Println("1|0|unix|/nowhere|grpc|")
		select {}
	case "chatterbox":
		for {
			fmt.Println("y")
		}
	case "engine":
		engine()
	}
	os.Exit(1)
}

// options launch this binary in a role.
func options(t testing.TB, role string) plugin.Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return plugin.Options{Name: "fake", Path: self, Env: []string{roleKey + "=" + role}, Scratch: t.TempDir()}
}

// launch starts a client, and closes it with the test.
func launch(t testing.TB, o plugin.Options) *plugin.Client {
	t.Helper()
	c := plugin.Launch(o)
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error("close:", err)
		}
	})
	return c
}

func openSource(t testing.TB, c *plugin.Client) providers.Source {
	t.Helper()
	s, err := c.OpenSource(context.Background(), wantConfig())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func openTarget(t testing.TB, c *plugin.Client) providers.Target {
	t.Helper()
	s, err := c.OpenTarget(context.Background(), wantConfig())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// engine is a small engine: it starts a provider that holds descriptor 3 and
// says its process id.
func engine() {
	self, _ := os.Executable()
	c := plugin.Launch(plugin.Options{
		Name: "fake", Path: self, Env: []string{roleKey + "=fake"}, Inherit: []*os.File{os.NewFile(3, "held")},
		Scratch: os.Getenv("SCRATCH"),
	})
	s, err := c.OpenSource(context.Background(), wantConfig())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for range s.Read(context.Background(), providers.ReadRequest{Stream: "pause"}) {
		fmt.Println(c.PID())
	}
}

// journal is a place for logs that several goroutines write.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func logTo(j *journal) *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
