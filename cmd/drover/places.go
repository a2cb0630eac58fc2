package main

import (
	"context"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// checkPlaces judges the names at the targets that the plan alone decides by the
// rules of the targets' providers, which need no network for it. What the source
// names is judged by plan.
func (a *app) checkPlaces(ctx context.Context, c *connections, m *schema.Migration) (schema.Diagnostics, error) {
	var targets []string // by provider, in the order of the resources
	asked := map[string][]*schema.Resource{}
	for i := range m.Resources {
		r := &m.Resources[i]
		if r.Name == "" {
			continue
		}
		provider := m.Targets[r.Target].Provider
		if asked[provider] == nil {
			targets = append(targets, provider)
		}
		asked[provider] = append(asked[provider], r)
	}
	var found schema.Diagnostics
	for _, provider := range targets {
		p, err := c.client(provider)
		if err != nil {
			return nil, err
		}
		var places []providers.Place
		for i, r := range asked[provider] {
			places = append(places, providers.Place{
				ID: i, Namespace: r.Namespace, Name: r.Name, Placement: r.Placement, Block: r.Address.Kind(),
				CreateNamespace: m.Targets[r.Target].MissingNamespace == "create",
			})
		}
		problems, err := p.CheckPlaces(ctx, places)
		if err != nil {
			return nil, err
		}
		for i, problem := range problems {
			if problem != nil {
				found = append(found, engine.NewDiagnostic(asked[provider][i], "target", problem))
			}
		}
	}
	a.addExcerpts(found)
	return found, nil
}
