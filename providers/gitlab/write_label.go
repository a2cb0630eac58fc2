package gitlab

import (
	"context"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitlab/api"
	"github.com/drover-migrate/drover/schema"
)

const (
	plainColor     = "#6699cc" // what the server gives labels without one
	scopeSeparator = "::"
)

func (t *target) writeLabel(ctx context.Context, known *project, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Label](w)
	if err != nil {
		return providers.Written{}, err
	}
	wanted, lost := labelOf(body)
	if wanted.Name == "" {
		return skipped("A label without a name cannot be kept."), nil
	}
	key := known.key()
	// A label of a group above has the name to itself; issues take it from there.
	standing, err := known.catalog.labels.Find(wanted.Name, labelName, func() iter.Seq2[api.Label, error] { return t.api.Labels(ctx, key, true) })
	if err != nil {
		return providers.Written{}, err
	}
	if standing != nil && !standing.OfProject && w.Ref.ID == "" {
		return providers.Written{Ref: versioned(labelRef(*standing), labelVersion(*standing)), Degraded: "The group has a label of that name, which stands for it."}, nil
	}
	change := api.EditLabel{Name: wanted.Name, Color: wanted.Color, Description: wanted.Description, Priority: wanted.Priority}
	note := func(l api.Label, err error) (api.Label, error) {
		if err == nil {
			known.catalog.labels.Put(l.Name, l)
		}
		return l, err
	}
	written, err := forgetarget.Store(w, standing, forgetarget.Object[api.Label]{
		Wanted:  labelVersion(wanted),
		Version: labelVersion,
		Ref:     labelRef,
		Read: func(id string) (api.Label, error) {
			return forgetarget.ByNumber(id, func(n int64) (api.Label, error) { return t.api.Label(ctx, key, api.Number(n)) })
		},
		Create: func() (api.Label, error) { return note(t.api.CreateLabel(ctx, key, change)) },
		Edit: func(_ string, now api.Label) (api.Label, error) {
			change := change
			change.Name = ""
			if now.Name != wanted.Name {
				change.NewName = wanted.Name
			}
			return note(t.api.EditLabel(ctx, key, now.ID, change))
		},
	})
	if err == nil && written.Degraded == "" {
		written.Degraded = lost
	}
	return written, err
}

// labelOf is the server's label for one of the source's, and what is lost.
func labelOf(body schema.Label) (api.Label, string) {
	l := api.Label{Name: api.LabelName(body.Name), Description: body.Description, Color: "#" + strings.ToLower(strings.TrimPrefix(body.Color, "#")), Priority: body.Priority}
	if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(l.Color) {
		l.Color = plainColor
	}
	if l.Priority != nil && *l.Priority < 0 {
		l.Priority = nil
	}
	switch {
	case l.Name != body.Name:
		return l, "The name of the label was changed to one that the server takes."
	case body.Exclusive && !strings.Contains(l.Name, scopeSeparator):
		return l, "That the label excludes others of its scope is lost."
	}
	return l, ""
}

func labelName(l api.Label) string { return l.Name }

func labelRef(l api.Label) schema.Ref { return schema.Ref{ID: strconv.FormatInt(l.ID, 10)} }

func labelVersion(l api.Label) string {
	return digest(l.Name, strings.ToLower(l.Color), l.Description, l.Priority)
}

func versioned(ref schema.Ref, version string) schema.Ref {
	ref.Version = version
	return ref
}
