package lfs

import (
	"context"
	"errors"
	"fmt"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/gitrepo"
	"github.com/drover-migrate/drover/schema"
)

// Origin is where objects come from: a [Folder], a [Server], or [Nowhere].
type Origin interface {
	// fetch brings objects into f.store and tells f.done about each. The error
	// it returns ends everything; it is one of the context or of the store.
	fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error
}

// Fetch brings the objects that the pointers name into the store and returns
// how many there are and how many of them are there now, with a failure for
// each of the others. Pointers are sorted by OID. The origin is asked for only
// when an object is missing. Observe may be nil; it is called by one goroutine
// at a time and no more once Fetch returned.
func Fetch(ctx context.Context, store *Store, pointers []gitrepo.Pointer, origin func() Origin, observe func(providers.Progress)) (schema.Count, []providers.ItemFailed, error) {
	var missing []gitrepo.Pointer
	for _, p := range pointers {
		if !store.Has(p) {
			missing = append(missing, p)
		}
	}
	f := &fetching{store: store, tally: newTally("receiving large files", observe, fetchProblem)}
	if len(missing) > 0 {
		f.expect(missing)
		if err := origin().fetch(ctx, f, missing); err != nil {
			return schema.Count{}, nil, err
		}
	}
	count, failed := f.account(pointers)
	return count, failed, nil
}

// fetching is one call of Fetch. Its methods may be called concurrently.
type fetching struct {
	store *Store
	tally
}

// fetchProblem says of one object why it could not be had.
func fetchProblem(p gitrepo.Pointer, err error) *providers.Error {
	e := *providers.AsError(err)
	if errors.Is(err, errContent) {
		e = providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("what the source has is not the %d bytes that the history names", p.Size),
			Hint: "run git lfs fsck in a complete clone and push the object again with git lfs push --object-id", Err: err}
	}
	e.Op, e.Subject = "fetch content", "LFS object "+p.OID
	return &e
}

// account compares what was wanted with what is there. The unit is the object:
// of several pointers to it that differ in size one at most is right.
func (f *fetching) account(pointers []gitrepo.Pointer) (schema.Count, []providers.ItemFailed) {
	var count schema.Count
	var failed []providers.ItemFailed
	for i := 0; i < len(pointers); {
		oid, there := pointers[i].OID, false
		for ; i < len(pointers) && pointers[i].OID == oid; i++ {
			there = there || f.store.Has(pointers[i])
		}
		count.Source++
		if there {
			count.Fetched++
			continue
		}
		failed = append(failed, providers.ItemFailed{Key: schema.Key{Kind: schema.KindLFSObject, ID: oid}, Problem: f.problems[oid]})
	}
	return count, failed
}

// Nowhere is an origin that has nothing, for the reason given.
func Nowhere(reason *providers.Error) Origin { return nowhere{reason} }

type nowhere struct{ reason *providers.Error }

func (n nowhere) fetch(ctx context.Context, f *fetching, want []gitrepo.Pointer) error {
	return f.all(ctx, want, n.reason)
}
