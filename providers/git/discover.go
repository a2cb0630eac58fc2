package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Discover lists the repositories below a folder, in the order of their paths,
// or those of a list of addresses, in its order. The latter asks nobody.
func (s *source) Discover(ctx context.Context, query providers.Query) iter.Seq2[providers.Discovered, error] {
	return func(yield func(providers.Discovered, error) bool) {
		if query.Kind != kindRepositories {
			yield(providers.Discovered{}, providers.Errorf(providers.CodeUnsupported, "plain git has no %q to discover", schema.Printable(query.Kind)))
			return
		}
		var settings struct {
			Folder string   `json:"folder"`
			URLs   []string `json:"urls"`
			Depth  int      `json:"depth"`
		}
		if err := decode(query.Settings, &settings); err != nil {
			yield(providers.Discovered{}, err)
			return
		}
		if settings.Depth == 0 {
			settings.Depth = defaultDepth
		}
		end := providers.ListingEnd{Complete: true}
		var err error
		switch {
		case (settings.Folder == "") == (len(settings.URLs) == 0):
			err = providers.Errorf(providers.CodeInvalid, "set either folder or urls")
		case settings.Folder != "":
			end.Problem, err = s.searchFolder(ctx, settings.Folder, settings.Depth, yield)
			end.Complete = end.Problem == nil
		default:
			err = listURLs(settings.URLs, yield)
		}
		switch {
		case errors.Is(err, errEnough):
		case err != nil:
			yield(providers.Discovered{}, providers.AsError(err))
		default:
			yield(providers.Discovered{End: &end}, nil)
		}
	}
}

// errEnough says that the caller wants no more.
var errEnough = errors.New("enough")

// listURLs yields the repositories at addresses, each once.
func listURLs(urls []string, yield func(providers.Discovered, error) bool) error {
	seen := map[string]bool{}
	for i, raw := range urls {
		a, err := parseAddress(raw)
		if err != nil {
			e := badAddress("urls", err)
			e.Subject = fmt.Sprintf("item %d", i+1)
			return e
		}
		if seen[a.identity()] {
			continue
		}
		seen[a.identity()] = true
		if !yield(providers.Discovered{Item: found(a, a.fullName())}, nil) {
			return errEnough
		}
	}
	return nil
}

// searchFolder yields the repositories below a folder. The problem is what
// could not be looked into.
func (s *source) searchFolder(ctx context.Context, folder string, depth int, yield func(providers.Discovered, error) bool) (*providers.Error, error) {
	dir := folder
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.dir, dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderFault(folder, err)
	}
	defer root.Close()
	search := search{fsys: root.FS(), depth: depth, found: func(repo string, about shallow) error {
		// Joined as the plan writes it, the address works on another machine.
		url := asPath(path.Join(filepath.ToSlash(folder), repo))
		fullName := schema.Printable(trimPath(repo))
		a, err := parseAddress(url)
		if err != nil { // a hostile name; Inspect will say what is wrong with it
			a = address{raw: url, path: schema.Printable(url)}
		}
		item := found(a, fullName)
		item.Empty, item.DefaultBranch = about.empty, about.head
		if !yield(providers.Discovered{Item: item}, nil) {
			return errEnough
		}
		return nil
	}}
	return search.run(ctx)
}

func folderFault(folder string, err error) *providers.Error {
	e := &providers.Error{Code: providers.CodeInvalid, Op: "search folder", Subject: schema.Printable(folder), Attribute: "folder",
		Message: "it cannot be opened as a folder", Hint: "correct folder; a relative path starts at the folder of the plan", Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Code, e.Message = providers.CodeNotFound, "there is no such folder"
	case errors.Is(err, fs.ErrPermission):
		e.Code, e.Message, e.Hint = providers.CodeDenied, "the folder may not be read", "give the user that runs drover permission to read it"
	}
	return e
}

// found describes the repository at a.
func found(a address, fullName string) *schema.Found {
	identity := a.identity()
	item := &schema.Found{Identity: identity, ID: identity, FullName: fullName, Name: path.Base(fullName), URL: a.raw}
	if owner := path.Dir(fullName); owner != "." {
		item.Owner = owner
	}
	item.Slug = slug(item.Name)
	return item
}

// slug is name in lower case, with nothing but letters, digits, dots, dashes
// and underscores of ASCII.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '_':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
