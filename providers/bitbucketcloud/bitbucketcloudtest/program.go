package bitbucketcloudtest

import (
	"flag"
	"fmt"
	"io"

	"github.com/drover-migrate/drover/providers/standin"
)

// Main is the program bitbucketcloudserver: it serves a stand-in as args say until it
// is asked to end, and returns the program's exit code.
func Main(args []string, out, errs io.Writer) int {
	return standin.Main("bitbucketcloudserver", args, out, errs, program)
}

func program(flags *flag.FlagSet) func(io.Writer) (standin.Running, error) {
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve at")
	sample := flags.Bool("sample", false, "fill it with the workspace lantern")
	token := flags.String("token", "ATATT_demo", "`text` of the API token to accept")
	return func(out io.Writer) (standin.Running, error) {
		s, err := New(Options{Listen: *listen})
		if err != nil {
			return nil, fmt.Errorf("serve at %s: %w", *listen, err)
		}
		user := &User{}
		if *sample {
			people, err := Sample(s)
			if err != nil {
				return s, fmt.Errorf("make the sample: %w", err)
			}
			user = people.Ada
		} else {
			user = s.Model.AddUser(User{Nickname: "demo"})
		}
		s.AddToken(*token, Token{User: user, Scopes: ReaderScopes()})
		fmt.Fprintln(out, s.APIURL())
		return s, nil
	}
}
