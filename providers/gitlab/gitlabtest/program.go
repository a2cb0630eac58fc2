package gitlabtest

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

// Main is the program gitlabserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command gitlabserver says what
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
	flags := flag.NewFlagSet("gitlabserver", flag.ContinueOnError)
	flags.SetOutput(errs)
	addr := flags.String("listen", "127.0.0.1:8080", "where to listen")
	dir := flags.String("dir", "", "folder for git repositories; removed at the end when it is not given")
	admin := flags.String("admin", "root", "username of the administrator")
	version := flags.String("version", DefaultVersion, "the version that the server says it is")
	latency := flags.Duration("latency", 0, "how long each answer takes at least")
	github := flags.String("github", "", "address of the GitHub that imports come from when they name no server, as those of gists do")
	bitbucket := flags.String("bitbucket-cloud", "", "address of the API of Bitbucket Cloud that imports come from")
	sample := flags.Bool("sample", false, "begin with the group harbour and its projects")
	var tokens, users, groups many
	flags.Var(&tokens, "token", "USER=TEXT: a token of a user, who is made; may be repeated")
	flags.Var(&users, "user", "NAME, or NAME=MAIL: a user to make; may be repeated")
	flags.Var(&groups, "group", "the full path of a group to make, owned by the administrator; may be repeated")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	s, err := New(Options{Addr: *addr, Dir: *dir, Admin: *admin, Version: *version, Latency: *latency, GitHub: *github, BitbucketCloud: *bitbucket})
	if err != nil {
		fmt.Fprintln(errs, "error:", err)
		return 1
	}
	defer s.Close()
	if *sample {
		if err := Sample(s.Model); err != nil {
			fmt.Fprintln(errs, "error:", err)
			return 1
		}
	}
	for _, u := range users {
		name, mail, _ := strings.Cut(u, "=")
		s.Model.AddUser(User{Username: name, Email: mail})
	}
	for _, path := range groups {
		s.Model.AddGroup(path, "", s.Model.User(*admin))
	}
	if len(tokens) == 0 {
		fmt.Fprintf(out, "token of %s: %s\n", *admin, s.AdminToken())
	}
	for _, t := range tokens {
		name, text, ok := strings.Cut(t, "=")
		if !ok {
			fmt.Fprintf(errs, "error: --token %s: write USER=TEXT\n", name)
			return 2
		}
		s.SetToken(name, text)
	}
	fmt.Fprintln(out, "listening on", s.URL)
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(errs, "violation:", v)
	}
	return 0
}
