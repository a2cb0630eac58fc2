package bitbucketservertest

import (
	"flag"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/standin"
)

// Main is the program dcserver: it serves a stand-in with the sample until it is
// asked to end, and returns the program's exit code. It prints the address and the
// token of an administrator, each on a line.
func Main(args []string, out, errs io.Writer) int {
	return standin.Main("dcserver", args, out, errs, program)
}

func program(flags *flag.FlagSet) func(io.Writer) (standin.Running, error) {
	var o Options
	flags.StringVar(&o.Version, "version", "", "`version` of the server: 10.3.0, 8.14.0, 7.1.0")
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`address` to serve at")
	return func(out io.Writer) (standin.Running, error) {
		s, err := New(o)
		if err != nil {
			return nil, fmt.Errorf("serve at %s: %w", o.Listen, err)
		}
		if err := Sample(s.Model); err != nil {
			return s, fmt.Errorf("make the sample: %w", err)
		}
		fmt.Fprintf(out, "%s\n%s\n", s.URL, s.Token(s.Model.Users[0]))
		return s, nil
	}
}
