package giteatest

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/providers/standin"
)

// Main is the program giteaserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command giteaserver says what
// the arguments are.
func Main(args []string, out, errs io.Writer) int {
	return standin.Main("giteaserver", args, out, errs, program)
}

func program(flags *flag.FlagSet) func(io.Writer) (standin.Running, error) {
	var o Options
	flags.StringVar(&o.Addr, "listen", "127.0.0.1:3000", "where to listen")
	flags.StringVar(&o.Dir, "dir", "", "folder for git repositories; removed at the end when it is not given")
	flags.StringVar(&o.Admin, "admin", "root", "login of the administrator")
	flags.DurationVar(&o.Latency, "latency", 0, "how long each answer takes at least")
	var tokens standin.Pairs
	var users, orgs standin.Many
	flags.Var(&tokens, "token", "USER=TEXT: a token of a user, who is made; may be repeated")
	flags.Var(&users, "user", "LOGIN, or LOGIN=MAIL: a user to make; may be repeated")
	flags.Var(&orgs, "org", "an organization to make, owned by the administrator; may be repeated")
	return func(out io.Writer) (standin.Running, error) {
		s, err := New(o)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			login, mail, _ := strings.Cut(u, "=")
			s.Model.AddUser(User{Login: login, Email: mail})
		}
		for _, name := range orgs {
			s.Model.AddOrg(name, s.Model.User(o.Admin))
		}
		if len(tokens) == 0 {
			fmt.Fprintf(out, "token of %s: %s\n", o.Admin, s.Token(o.Admin))
		}
		for _, t := range tokens {
			s.SetToken(t.Name, t.Text)
		}
		fmt.Fprintln(out, "listening on", s.URL)
		return s, nil
	}
}
