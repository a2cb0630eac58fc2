// Command drover plans and carries out migrations between code forges. It
// wires the packages together, reads flags and shows results; it decides
// nothing.
package main

import (
	"fmt"
	"io"
	"os"
)

// version is set by the build.
var version = "0.3.0"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the whole program: it returns the exit code. A second Ctrl-C ends it
// while the command is still at work, which is safe because every write was
// announced in the state before.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(stdin, stdout, stderr)
	ctx, again := a.signals()
	code := make(chan int, 1)
	go func() {
		defer a.close()
		root := newRootCommand(a)
		root.SetArgs(args)
		code <- a.finish(root.ExecuteContext(ctx))
	}()
	select {
	case code := <-code:
		return code
	case <-again:
		fmt.Fprintln(a.stderr, "Stopped at once. What was done is recorded; apply again continues.")
		return exitCanceled
	}
}
