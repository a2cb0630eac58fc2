package stream

import (
	"slices"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// Few joins names for a sentence, sorted and fit for a screen, and leaves out what
// would make it too long.
func Few(names []string) string {
	const most, longest = 20, 80
	names = slices.Sorted(slices.Values(names))
	more := ""
	if len(names) > most {
		more = ", …"
		names = names[:most]
	}
	for i, n := range names {
		if len(n) > longest {
			n = strings.ToValidUTF8(n[:longest], "") + "…"
		}
		names[i] = schema.Printable(n)
	}
	return strings.Join(names, ", ") + more
}
