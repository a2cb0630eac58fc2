package giteatest

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Main is the program giteaserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command giteaserver says what
// the arguments are.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return serve(ctx, args, out, errs)
}

// many is a flag that may be given several times.
type many []string

func (m *many) String() string     { return strings.Join(*m, ",") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

// serve is the program until ctx ends.
func serve(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("giteaserver", flag.ContinueOnError)
	flags.SetOutput(errs)
	addr := flags.String("listen", "127.0.0.1:3000", "where to listen")
	dir := flags.String("dir", "", "folder for git repositories; removed at the end when it is not given")
	admin := flags.String("admin", "root", "login of the administrator")
	latency := flags.Duration("latency", 0, "how long each answer takes at least")
	var tokens, users, orgs many
	flags.Var(&tokens, "token", "USER=TEXT: a token of a user, who is made; may be repeated")
	flags.Var(&users, "user", "LOGIN, or LOGIN=MAIL: a user to make; may be repeated")
	flags.Var(&orgs, "org", "an organization to make, owned by the administrator; may be repeated")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	s, err := New(Options{Addr: *addr, Dir: *dir, Admin: *admin, Latency: *latency})
	if err != nil {
		fmt.Fprintln(errs, "error:", err)
		return 1
	}
	defer s.Close()
	for _, u := range users {
		login, mail, _ := strings.Cut(u, "=")
		s.Model.AddUser(User{Login: login, Email: mail})
	}
	for _, name := range orgs {
		s.Model.AddOrg(name, s.Model.User(*admin))
	}
	if len(tokens) == 0 {
		fmt.Fprintf(out, "token of %s: %s\n", *admin, s.Token(*admin))
	}
	for _, t := range tokens {
		login, text, ok := strings.Cut(t, "=")
		if !ok {
			fmt.Fprintf(errs, "error: --token %s: write USER=TEXT\n", login)
			return 2
		}
		s.SetToken(login, text)
	}
	fmt.Fprintln(out, "listening on", s.URL)
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(errs, "violation:", v)
	}
	return 0
}
