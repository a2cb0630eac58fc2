package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// verify completes the target and compares it with what was carried over: every
// ref, and the number of records of every kind.
func (s *stage) verify(ctx context.Context) error {
	if imported(s.Change.Resource) {
		return s.verifyImport(ctx)
	}
	target, err := s.target(ctx)
	if err != nil {
		return err
	}
	if err := s.knowTarget(ctx); err != nil {
		return err
	}
	held, err := target.Finish(ctx, providers.FinishRequest{Repo: s.progress.Target, Placement: s.Change.Resource.Placement})
	if err != nil {
		return err
	}
	standing, err := s.standing(ctx, target)
	if err != nil {
		return err
	}
	ours, err := s.work.Store.Refs(ctx, s.Change.Address, sideTarget)
	if err != nil {
		return err
	}
	counts, err := s.ledger.Tally(ctx)
	if err != nil {
		return err
	}
	differences := compareRefs(ours, standing.Refs)
	for _, k := range schema.Kinds() {
		if got, told := held[k]; told && got < counts[k].Imported {
			differences = append(differences, providers.ItemFailed{
				Key:     schema.Key{Kind: k, ID: "*"},
				Problem: providers.Errorf(providers.CodeInternal, "the target holds %d %s, and %d were stored", got, k.Plural(), counts[k].Imported),
			})
		}
	}
	return s.fail(ctx, stepLoader, differences)
}

// compareRefs lists the refs that a target should have and does not.
func compareRefs(want, got map[string]string) []providers.ItemFailed {
	var list []providers.ItemFailed
	for _, name := range sortedNames(want, nil) {
		if got[name] != want[name] {
			list = append(list, providers.ItemFailed{
				Key:     schema.Key{Kind: schema.KindRef, ID: name},
				Problem: providers.Errorf(providers.CodeConflict, "it is at %s at the target instead of %s", short(got[name]), short(want[name])),
			})
		}
	}
	return list
}

// titleOf is what a person would call a record, and its address at the source.
func titleOf(r *schema.Record) (title, url string) {
	var body struct {
		Title  string `json:"title"`
		Name   string `json:"name"`
		Number int64  `json:"number"`
		URL    string `json:"url"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return "", ""
	}
	title = body.Title
	if title == "" {
		title = body.Name
	}
	if body.Number > 0 {
		title = fmt.Sprintf("#%d %s", body.Number, title)
	}
	return title, body.URL
}
