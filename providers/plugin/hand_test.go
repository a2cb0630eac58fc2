package plugin_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
)

// TestByHand runs a provider as a person would.
func TestByHand(t *testing.T) {
	run := func(args ...string) (stdout, stderr string, code int) {
		t.Helper()
		cmd := exec.Command(options(t, "").Path, args...)
		cmd.Env = []string{roleKey + "=fake"}
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out), errs.String(), cmd.ProcessState.ExitCode()
	}

	stdout, stderr, code := run()
	if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 2 || !strings.Contains(stderr, "the fake provider of Drover, version 1.2.3") {
		t.Errorf("without arguments: code %d, %q, %q", code, stdout, stderr)
	}
	if _, _, code := run("--unknown"); code != 2 {
		t.Errorf("unknown flag: code %d", code)
	}
	if stdout, _, code := run("--version"); code != 0 || stdout != "fake 1.2.3\n" {
		t.Errorf("--version: code %d, %q", code, stdout)
	}
	stdout, _, code = run("--describe")
	var got providers.Description
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
		t.Fatalf("--describe: code %d, %v", code, err)
	}
	same(t, description(), got)
	if !strings.Contains(stdout, "\n  \"name\"") {
		t.Error("--describe does not indent")
	}
	stdout, _, code = run("--docs")
	if code != 0 {
		t.Errorf("--docs: code %d", code)
	}
	same(t, wantDocs, stdout)
}

const wantDocs = "# Provider fake\n" + `
A source and target for tests.

Version 1.2.3.

## As a source

Reads git data.
Reads issues, comments together, as the stream ` + "`issues`" + `.

The credential needs:

- read_api

### The source block

| Attribute | Type | Required | Default | Meaning |
|---|---|---|---|---|
| ` + "`url`" + ` | string | yes |  | Address \| of the forge. |
| ` + "`token`" + ` | string |  |  | The credential. A secret: only a reference to a secret block is accepted. |
| ` + "`pages`" + ` | number |  | ` + "`5`" + ` | Pages. At least 1. |

### A repository block that reads from it

| Attribute | Type | Required | Default | Meaning |
|---|---|---|---|---|
| ` + "`project`" + ` | string |  |  | The project. A change makes it another repository. |

### A discover block of repositories

| Attribute | Type | Required | Default | Meaning |
|---|---|---|---|---|
| ` + "`owner`" + ` | string |  |  | Owner. |

## As a target

Texts are kept as they were.

| Kind | Author | Dates | Number | What is lost |
|---|---|---|---|---|
| issues | yes |  |  | Numbers change. |

### The target block

| Attribute | Type | Required | Default | Meaning |
|---|---|---|---|---|
| ` + "`url`" + ` | string |  |  | Address. |
`
