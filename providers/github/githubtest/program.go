package githubtest

import (
	"flag"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/standin"
)

// Main is the program githubserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command githubserver says
// what the arguments are.
func Main(args []string, out, errs io.Writer) int {
	return standin.Main("githubserver", args, out, errs, program)
}

func program(flags *flag.FlagSet) func(io.Writer) (standin.Running, error) {
	var o Options
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`address` to serve at")
	flags.BoolVar(&o.Edits, "edits", false, "let scripts change things at /_model/edits")
	flags.BoolVar(&o.OneHost, "one-host", false, "serve files under the same address; Gitea's importer takes no others")
	sample := flags.Bool("sample", false, "fill it with the organisation lantern")
	token := flags.String("token", "ghp_demo", "`text` of the token to accept")
	return func(out io.Writer) (standin.Running, error) {
		s, err := New(o)
		if err != nil {
			return nil, fmt.Errorf("serve at %s: %w", o.Listen, err)
		}
		login := "demo"
		if *sample {
			login = "ada"
			err = Sample(s.Model)
		} else {
			s.Model.AddUser(User{Login: login})
		}
		if err != nil {
			return s, fmt.Errorf("make the sample: %w", err)
		}
		s.AddToken(*token, Token{User: s.Model.User(login), Scopes: ReaderScopes()})
		fmt.Fprintln(out, s.URL)
		return s, nil
	}
}
