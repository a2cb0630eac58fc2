package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/drover-migrate/drover/providers/plugin"
)

func newProviderCommand(a *app) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the providers that are installed", Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.providerList(cmd.Context()) },
	}
	describe := &cobra.Command{
		Use: "schema NAME", Short: "Show what a provider accepts and carries, as JSON", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withProvider(cmd.Context(), args[0], func(c *client) error { return indent(a.stdout, c.about) })
		},
	}
	docs := &cobra.Command{
		Use: "docs NAME", Short: "Show a provider's documentation, as Markdown", Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withProvider(cmd.Context(), args[0], func(c *client) error {
				_, err := fmt.Fprint(a.stdout, plugin.Docs(c.about))
				return err
			})
		},
	}
	return group("provider", "See and test providers", list, describe, docs, newProviderTestCommand(a))
}

func (a *app) withProvider(ctx context.Context, name string, f func(*client) error) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	if _, _, err := c.Provider(ctx, name); err != nil {
		return err
	}
	p, err := c.client(name)
	if err != nil {
		return err
	}
	return f(p)
}

func (a *app) providerList(ctx context.Context) error {
	c, err := a.connections()
	if err != nil {
		return err
	}
	defer c.close()
	var rows []providerRow
	code := exitOK
	for _, i := range c.finder.all() {
		d, digest, err := c.Provider(ctx, i.Name)
		row := providerRow{Name: i.Name, Version: d.Version, Path: i.Path, Digest: digest}
		if err != nil {
			row.Problem, code = err.Error(), exitProvider
		}
		if d.Source != nil {
			row.Roles = append(row.Roles, "source")
		}
		if d.Target != nil {
			row.Roles = append(row.Roles, "target")
		}
		rows = append(rows, row)
	}
	if a.json {
		err = a.jsonOut().providers(rows)
	} else {
		err = writeProviders(a.stdout, rows)
	}
	if err != nil {
		return err
	}
	return exit(code)
}
