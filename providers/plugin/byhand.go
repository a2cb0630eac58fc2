package plugin

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers"
)

// byHand is what a provider does when a person runs it. It returns the exit
// code.
func byHand(p *providers.Provider, args []string, stdout, stderr io.Writer) int {
	if err := check(p); err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	flag := ""
	if len(args) == 1 {
		flag = args[0]
	}
	switch flag {
	case "--describe":
		description, err := json.MarshalIndent(p.Description, "", "  ")
		if err != nil {
			fmt.Fprintln(stderr, "error: the description is not JSON:", err)
			return 1
		}
		fmt.Fprintf(stdout, "%s\n", description)
	case "--docs":
		fmt.Fprint(stdout, Docs(p.Description))
	case "--version":
		fmt.Fprintln(stdout, p.Description.Name, p.Description.Version)
	default:
		fmt.Fprintf(stderr, "This is the %s provider of Drover, version %s. Drover starts it by itself; there is nothing to run by hand.\n",
			p.Description.Name, p.Description.Version)
		fmt.Fprintln(stderr, "It explains itself with --describe (JSON), --docs (Markdown) and --version.")
		return 2
	}
	return 0
}
