package threads

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/drover-migrate/drover/providers"
)

// typed is what REST tells of an issue's type.
type typed struct {
	Number int64 `json:"number"`
	Type   *struct {
		Name string `json:"name"`
	} `json:"type"`
}

// hasTypes reports whether issues of the repository can have a type. A server
// that does not say may still have some.
func (f *fetcher) hasTypes(ctx context.Context) (bool, error) {
	if f.untyped {
		return false, nil
	}
	var all []json.RawMessage
	_, err := f.client.Get(ctx, f.path("/issue-types"), nil, &all, "list issue types", f.repo.fullName())
	switch providers.CodeOf(err) {
	case "":
		return len(all) > 0, nil
	case providers.CodeNotFound, providers.CodeDenied, providers.CodeInvalid:
		return true, nil
	}
	return false, err
}

// allTypes returns the types of all issues that have one. It costs one request
// where there are none.
func (f *fetcher) allTypes(ctx context.Context) (map[int64]string, error) {
	return f.listTypes(ctx, time.Time{})
}

// listTypes lists the types of issues that were updated since a moment.
func (f *fetcher) listTypes(ctx context.Context, since time.Time) (map[int64]string, error) {
	types := map[int64]string{}
	if has, err := f.hasTypes(ctx); err != nil || !has {
		return types, err
	}
	query := url.Values{"type": {"*"}, "state": {"all"}}
	if !since.IsZero() {
		query.Set("since", since.UTC().Format(time.RFC3339))
	}
	names := map[string]string{} // many issues share few names
	for raw, err := range f.client.List(ctx, f.path("/issues"), query, "list the types of issues", f.repo.fullName()) {
		if err != nil {
			return none(types, err)
		}
		var t typed
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, &providers.Error{Code: providers.CodeInvalid, Op: "list the types of issues", Subject: f.repo.fullName(), Message: "the answer is not what GitHub describes", Err: err}
		}
		if t.Type != nil {
			if names[t.Type.Name] == "" {
				names[t.Type.Name] = t.Type.Name
			}
			types[t.Number] = names[t.Type.Name]
		}
	}
	return types, nil
}

// none is the answer when there are no types to be had: the repository has no
// issues, or the server knows no types.
func none(types map[int64]string, err error) (map[int64]string, error) {
	switch providers.CodeOf(err) {
	case providers.CodeNotFound, providers.CodeInvalid:
		return types, nil
	}
	return nil, err
}

// someTypes returns the types of the issues among some threads. It asks for each
// only where issues have types.
func (f *fetcher) someTypes(ctx context.Context, numbers []int64) (map[int64]string, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	if len(numbers) > mostPage {
		return f.allTypes(ctx)
	}
	types := map[int64]string{}
	if has, err := f.hasTypes(ctx); err != nil || !has {
		return types, err
	}
	for _, n := range numbers {
		var t typed
		_, err := f.client.Get(ctx, f.path(fmt.Sprintf("/issues/%d", n)), nil, &t, fmt.Sprintf("read the type of issue %d", n), f.repo.fullName())
		if err != nil {
			if types, err = none(types, err); err != nil {
				return nil, err
			}
			continue
		}
		if t.Type != nil && t.Number == n {
			types[n] = t.Type.Name
		}
	}
	return types, nil
}

// path is a path of REST below the repository.
func (f *fetcher) path(rest string) string {
	return "/repos/" + url.PathEscape(f.repo.Owner) + "/" + url.PathEscape(f.repo.Name) + rest
}
