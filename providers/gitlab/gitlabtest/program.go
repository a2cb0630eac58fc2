package gitlabtest

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/drover-migrate/drover/providers/standin"
)

// Main is the program gitlabserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command gitlabserver says what
// the arguments are.
func Main(args []string, out, errs io.Writer) int {
	return standin.Main("gitlabserver", args, out, errs, program)
}

func program(flags *flag.FlagSet) func(io.Writer) (standin.Running, error) {
	var o Options
	flags.StringVar(&o.Addr, "listen", "127.0.0.1:8080", "where to listen")
	flags.StringVar(&o.Dir, "dir", "", "folder for git repositories; removed at the end when it is not given")
	flags.StringVar(&o.Admin, "admin", "root", "username of the administrator")
	flags.StringVar(&o.Version, "version", DefaultVersion, "the version that the server says it is")
	flags.DurationVar(&o.Latency, "latency", 0, "how long each answer takes at least")
	flags.StringVar(&o.GitHub, "github", "", "address of the GitHub that imports come from when they name no server, as those of gists do")
	flags.StringVar(&o.BitbucketCloud, "bitbucket-cloud", "", "address of the API of Bitbucket Cloud that imports come from")
	sample := flags.Bool("sample", false, "begin with the group harbour and its projects")
	var tokens standin.Pairs
	var users, groups standin.Many
	flags.Var(&tokens, "token", "USER=TEXT: a token of a user, who is made; may be repeated")
	flags.Var(&users, "user", "NAME, or NAME=MAIL: a user to make; may be repeated")
	flags.Var(&groups, "group", "the full path of a group to make, owned by the administrator; may be repeated")
	return func(out io.Writer) (standin.Running, error) {
		s, err := New(o)
		if err != nil {
			return nil, err
		}
		if *sample {
			if err := Sample(s.Model); err != nil {
				return s, err
			}
		}
		for _, u := range users {
			name, mail, _ := strings.Cut(u, "=")
			s.Model.AddUser(User{Username: name, Email: mail})
		}
		for _, path := range groups {
			s.Model.AddGroup(path, "", s.Model.User(o.Admin))
		}
		if len(tokens) == 0 {
			fmt.Fprintf(out, "token of %s: %s\n", o.Admin, s.AdminToken())
		}
		for _, t := range tokens {
			s.SetToken(t.Name, t.Text)
		}
		fmt.Fprintln(out, "listening on", s.URL)
		return s, nil
	}
}
