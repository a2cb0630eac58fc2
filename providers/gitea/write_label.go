package gitea

import (
	"context"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/providers/gitea/api"
	"github.com/drover-migrate/drover/schema"
)

func (t *target) writeLabel(ctx context.Context, known *repository, w providers.Write) (providers.Written, error) {
	body, err := forgetarget.Decode[schema.Label](w)
	if err != nil {
		return providers.Written{}, err
	}
	wanted := labelOf(body)
	repo := known.repo()
	standing, err := known.catalog.labels.Find(wanted.Name, labelName, func() iter.Seq2[api.Label, error] { return t.api.Labels(ctx, repo) })
	if err != nil {
		return providers.Written{}, err
	}
	// All is set, so that a change leaves nothing of before.
	change := api.EditLabel{Name: &wanted.Name, Color: new("#" + wanted.Color), Description: &wanted.Description, Exclusive: &wanted.Exclusive}
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
			return forgetarget.ByNumber(id, func(n int64) (api.Label, error) { return t.api.Label(ctx, repo, n) })
		},
		Create: func() (api.Label, error) { return note(t.api.CreateLabel(ctx, repo, change)) },
		Edit: func(_ string, now api.Label) (api.Label, error) {
			return note(t.api.EditLabel(ctx, repo, now.ID, change))
		},
	})
	if err == nil && body.Priority != nil {
		written.Degraded = "The priority of the label is lost."
	}
	return written, err
}

func labelOf(body schema.Label) api.Label {
	l := api.Label{Name: body.Name, Description: body.Description, Color: strings.ToLower(strings.TrimPrefix(body.Color, "#"))}
	if !regexp.MustCompile(`^[0-9a-f]{6}$`).MatchString(l.Color) {
		l.Color = "ededed"
	}
	// One of a scope at a time: the scope is what stands before the last slash.
	l.Exclusive = body.Exclusive && strings.LastIndexByte(l.Name, '/') > 0
	return l
}

func labelName(l api.Label) string { return l.Name }

func labelRef(l api.Label) schema.Ref { return schema.Ref{ID: strconv.FormatInt(l.ID, 10)} }

func labelVersion(l api.Label) string {
	return digest(l.Name, strings.ToLower(strings.TrimPrefix(l.Color, "#")), l.Description, l.Exclusive)
}
