package imports

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// jobID is the name of a job. Exactly one of its parts counts: gists when the
// others are zero.
type jobID struct {
	project  int64
	transfer int64
	gists    gistsID
}

// gistsID is what is to be remembered of an import of gists.
type gistsID struct {
	after    int64 // the newest snippet of before
	expected int64 // how many gists there are; -1: not known
	large    int64 // how many of them have more files than a snippet takes
	unsure   bool  // it may not have been started, and after is not known
}

func projectID(id int64) string  { return "project/" + strconv.FormatInt(id, 10) }
func transferID(id int64) string { return "transfer/" + strconv.FormatInt(id, 10) }

func (g gistsID) String() string {
	q := url.Values{}
	if g.after > 0 {
		q.Set("after", strconv.FormatInt(g.after, 10))
	}
	if g.expected >= 0 {
		q.Set("expected", strconv.FormatInt(g.expected, 10))
	}
	if g.large > 0 {
		q.Set("large", strconv.FormatInt(g.large, 10))
	}
	if g.unsure {
		q.Set("unsure", "true")
	}
	return strings.TrimSuffix("gists?"+q.Encode(), "?")
}

func parseID(text string) (jobID, error) {
	kind, rest, _ := strings.Cut(text, "/")
	switch kind {
	case "project", "transfer":
		n, err := strconv.ParseInt(rest, 10, 64)
		if err != nil || n <= 0 {
			return jobID{}, badID(text)
		}
		if kind == "project" {
			return jobID{project: n}, nil
		}
		return jobID{transfer: n}, nil
	}
	kind, rest, _ = strings.Cut(text, "?")
	q, err := url.ParseQuery(rest)
	if kind != "gists" || err != nil {
		return jobID{}, badID(text)
	}
	g := gistsID{expected: -1, unsure: q.Get("unsure") == "true"}
	for name, into := range map[string]*int64{"after": &g.after, "expected": &g.expected, "large": &g.large} {
		if !q.Has(name) {
			continue
		}
		if *into, err = strconv.ParseInt(q.Get(name), 10, 64); err != nil || *into < 0 {
			return jobID{}, badID(text)
		}
	}
	return jobID{gists: g}, nil
}

func badID(text string) error {
	return &providers.Error{Code: providers.CodeInvalid, Message: fmt.Sprintf("%q is not the name of an import", schema.Printable(text)),
		Hint: "forget the resource with drover state forget, and apply again"}
}
