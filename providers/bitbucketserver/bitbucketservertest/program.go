package bitbucketservertest

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

// Main is the program dcserver: it serves a stand-in with the sample until it is
// asked to end, and returns the program's exit code. It prints the address and the
// token of an administrator, each on a line.
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
	flags := flag.NewFlagSet("dcserver", flag.ContinueOnError)
	version := flags.String("version", "", "`version` of the server: 10.3.0, 8.14.0, 7.1.0")
	listen := flags.String("listen", "127.0.0.1:0", "`address` to serve at")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "dcserver-*")
	if err != nil {
		return fmt.Errorf("make a folder for the repositories: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	s, err := New(Options{Root: root, Version: *version, Listen: *listen})
	if err != nil {
		return fmt.Errorf("serve at %s: %w", *listen, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := Sample(s.Model); err != nil {
		return fmt.Errorf("make the sample: %w", err)
	}
	fmt.Fprintf(out, "%s\n%s\n", s.URL, s.Token(s.Model.Users[0]))
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(out, "does not agree with the description:", v)
	}
	return nil
}
