package bitbucketcloudtest

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

// Main is the program bitbucketcloudserver: it serves a stand-in as args say until it
// is asked to end, and returns the program's exit code.
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
	flags := flag.NewFlagSet("bitbucketcloudserver", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve at")
	sample := flags.Bool("sample", false, "fill it with the workspace lantern")
	token := flags.String("token", "ATATT_demo", "`text` of the API token to accept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "bitbucketcloudserver-*")
	if err != nil {
		return fmt.Errorf("make a folder for the repositories: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	s, err := New(Options{Root: root, Listen: *listen})
	if err != nil {
		return fmt.Errorf("serve at %s: %w", *listen, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	user := &User{}
	if *sample {
		people, err := Sample(s)
		if err != nil {
			return fmt.Errorf("make the sample: %w", err)
		}
		user = people.Ada
	} else {
		user = s.Model.AddUser(User{Nickname: "demo"})
	}
	s.AddToken(*token, Token{User: user, Scopes: ReaderScopes()})
	fmt.Fprintln(out, s.APIURL())
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(out, "does not agree with Atlassian's description:", v)
	}
	return nil
}
