package githubtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main is the program githubserver: it serves a stand-in as args say until it is
// asked to end, and returns the program's exit code. Command githubserver says
// what the arguments are.
func Main(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, args, out); err != nil {
		fmt.Fprintln(errs, "error:", err)
		return 1
	}
	return 0
}

// serve is the program until ctx ends.
func serve(ctx context.Context, args []string, out io.Writer) (err error) {
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
	s, err := New(Options{Root: root, Listen: *listen, Edits: *edits, OneHost: *oneHost})
	if err != nil {
		return fmt.Errorf("serve at %s: %w", *listen, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if *sample {
		if err := Sample(s.Model); err != nil {
			return fmt.Errorf("make the sample: %w", err)
		}
		s.AddToken(*token, Token{User: s.Model.User("ada"), Scopes: ReaderScopes()})
	} else {
		s.AddToken(*token, Token{User: s.Model.AddUser(User{Login: "demo"}), Scopes: ReaderScopes()})
	}
	fmt.Fprintln(out, s.URL)
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(out, "does not agree with GitHub's description:", v)
	}
	return nil
}
