package forgehttp

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/drover-migrate/drover/providers"
)

// Items is [Client.Pages] with the items decoded.
func Items[T any](ctx context.Context, c *Client, r Request) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for raw, err := range c.Pages(ctx, r) {
			var item T
			if err == nil {
				item, err = Item[T](r, raw)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// Item decodes an item of the list that r asks for.
func Item[T any](r Request, raw json.RawMessage) (T, error) {
	var item T
	if err := json.Unmarshal(raw, &item); err != nil {
		return item, r.Explain(&providers.Error{Code: providers.CodeInvalid, Message: "an item of the list is not of the form that was expected", Err: err})
	}
	return item, nil
}

// Collect reads a list to its end.
func Collect[T any](list iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}
