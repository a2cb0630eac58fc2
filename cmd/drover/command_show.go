package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newShowCommand(a *app) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "show CHANGESET",
		Short: "Show a saved changeset, without providers, secrets or network",
		Args:  between(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.readChangeset(args[0])
			if err != nil {
				return err
			}
			if o.markdown != "" {
				var text strings.Builder
				if err := writeMarkdown(&text, c, o.limit); err != nil {
					return err
				}
				return writeFile(o.markdown, []byte(text.String()))
			}
			return a.showPlan(c, o.level(), "")
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.markdown, "markdown", "", "write Markdown to `FILE` instead")
	f.IntVar(&o.limit, "markdown-limit", 60000, "the most `BYTES` that the Markdown may take")
	f.BoolVar(&o.summary, "summary", false, "show only numbers, names and what is lost")
	f.BoolVar(&o.full, "full", false, "show unchanged resources and every ref")
	return cmd
}

func newVersionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version",
		Args:  between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.jsonOut().start()
			}
			_, err := fmt.Fprintf(a.stdout, "drover %s\n", version)
			return err
		},
	}
}
