package forgehttp

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/drover-migrate/drover/providers"
)

// Path is a path with names below it, of which each becomes one part, whatever it
// holds. Names are strings, numbers, or what prints as one.
func Path(below string, names ...any) (string, error) {
	var path strings.Builder
	path.WriteString(below)
	for _, name := range names {
		text := fmt.Sprint(name)
		if text == "" || text == "." || text == ".." {
			return "", providers.Errorf(providers.CodeInvalid, "%q cannot be named in a request", text)
		}
		path.WriteString("/" + url.PathEscape(text))
	}
	return path.String(), nil
}
