// Command giteaserver is the Gitea stand-in as a program, for demonstrations and
// for tests in other languages. It forgets everything when it ends.
//
//	giteaserver --listen 127.0.0.1:3000 --token root=secret --user anna --user ben
package main

import (
	"os"

	"github.com/drover-migrate/drover/providers/gitea/giteatest"
)

func main() { os.Exit(giteatest.Main(os.Args[1:], os.Stdout, os.Stderr)) }
