package standin

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Running is a stand-in that serves.
type Running interface {
	Close() error
	Violations() []string
}

// Program declares the flags of a program and returns what starts the stand-in when
// they are parsed. What start returns is closed, also when it comes with an error.
type Program func(flags *flag.FlagSet) (start func(out io.Writer) (Running, error))

// Main is the main function of the program called name: it serves a stand-in until
// the program is asked to end, tells the violations, and returns the exit code.
func Main(name string, args []string, out, errs io.Writer, p Program) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, name, args, out, errs, p)
}

// Run is Main until ctx ends.
func Run(ctx context.Context, name string, args []string, out, errs io.Writer, p Program) (code int) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(errs)
	start := p(flags)
	if err := flags.Parse(args); err != nil {
		return 2 // the flags have told why
	}
	failed := func(err error) {
		if err != nil {
			fmt.Fprintln(errs, "error:", err)
			code = 1
		}
	}
	s, err := start(out)
	if s != nil {
		defer func() { failed(s.Close()) }()
	}
	if failed(err); err != nil {
		return code
	}
	<-ctx.Done()
	for _, v := range s.Violations() {
		fmt.Fprintln(errs, "violation:", v)
	}
	return code
}

// Many is a flag that may be given several times.
type Many []string

// String implements flag.Value.
func (m *Many) String() string { return strings.Join(*m, ",") }

// Set implements flag.Value.
func (m *Many) Set(s string) error { *m = append(*m, s); return nil }

// Pairs is a flag of the form NAME=TEXT that may be given several times.
type Pairs []struct{ Name, Text string }

// String implements flag.Value.
func (p *Pairs) String() string { return "" }

// Set implements flag.Value.
func (p *Pairs) Set(s string) error {
	name, text, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New(`it has no "="`)
	}
	*p = append(*p, struct{ Name, Text string }{name, text})
	return nil
}
