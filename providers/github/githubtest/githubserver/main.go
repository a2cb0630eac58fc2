// Command githubserver serves the stand-in for GitHub of package githubtest, for
// demonstrations and for trying things without a network.
//
//	githubserver --listen 127.0.0.1:7001 --sample --token ghp_demo --edits
//
// It prints its web address as the first line of its output, which is also what
// to give as the host of an Enterprise Server: REST is at ADDRESS/api/v3, GraphQL
// at ADDRESS/api/graphql, git at ADDRESS/OWNER/NAME.git. It ends on SIGINT and
// SIGTERM and keeps nothing.
//
// With --sample it has the organisation lantern, and the token belongs to ada,
// who owns it; otherwise it is empty but for its user "demo".
//
// With --edits, scripts may change what there is:
//
//	curl -d '{"do":"add_comment","repository":"lantern/beacon","as":"mona","number":1,"text":"Once more."}' ADDRESS/_model/edits
//
// githubtest.Server.Edits lists what can be done. Whoever reaches the address can
// do it: it is meant for 127.0.0.1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("githubserver", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve at")
	sample := flags.Bool("sample", false, "fill it with the organisation lantern")
	token := flags.String("token", "ghp_demo", "`text` of the token to accept")
	edits := flags.Bool("edits", false, "let scripts change things at /_model/edits")
	oneHost := flags.Bool("one-host", false, "serve files under the same address; Gitea's importer takes no others")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "githubserver-*")
	if err != nil {
		return fmt.Errorf("make a folder for the repositories: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	s, err := githubtest.New(githubtest.Options{Root: root, Listen: *listen, Edits: *edits, OneHost: *oneHost})
	if err != nil {
		return fmt.Errorf("serve at %s: %w", *listen, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if *sample {
		if err := githubtest.Sample(s.Model); err != nil {
			return fmt.Errorf("make the sample: %w", err)
		}
		s.AddToken(*token, githubtest.Token{User: s.Model.User("ada"), Scopes: githubtest.ReaderScopes()})
	} else {
		s.AddToken(*token, githubtest.Token{User: s.Model.AddUser(githubtest.User{Login: "demo"}), Scopes: githubtest.ReaderScopes()})
	}
	fmt.Fprintln(out, s.URL)
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(out, "does not agree with GitHub's description:", v)
	}
	return nil
}
