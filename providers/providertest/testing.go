package providertest

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
)

// Test puts a provider that is linked into the test through the suite. Each
// check is a subtest.
func Test(t *testing.T, p *providers.Provider, fixture Fixture) {
	t.Helper()
	test(t, InProcess(p), fixture)
}

// TestBinary puts the executable at path through the suite.
func TestBinary(t *testing.T, path string, fixture Fixture) {
	t.Helper()
	subject, err := Binary(path)
	if err != nil {
		t.Fatal(err)
	}
	test(t, subject, fixture)
}

func test(t *testing.T, subject Subject, fixture Fixture) {
	t.Helper()
	report := Run(t.Context(), subject, fixture, func(c Check) {
		t.Run(c.Area+"/"+c.Name, func(t *testing.T) {
			switch c.Result {
			case Failed:
				t.Error(c.Detail)
			case Skipped:
				t.Skip(c.Detail)
			}
		})
	})
	if report.Err != nil {
		t.Fatal(report.Err)
	}
}
