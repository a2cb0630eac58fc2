package forgetarget

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

func recordOf(kind schema.Kind, id string, parent ...schema.Key) providers.Write {
	r := schema.Record{Kind: kind, ID: id, Revision: "1", Body: json.RawMessage(`{}`)}
	if len(parent) > 0 {
		r.Parent = &parent[0]
	}
	return providers.Write{Record: r}
}

// noted is a Writer that notes what it is called with.
func noted(log *[]string, fail func(*schema.Record) error) Writer[string] {
	note := func(_ context.Context, repo string, w providers.Write) (providers.Written, error) {
		*log = append(*log, repo+" "+w.Record.ID)
		return providers.Written{Ref: schema.Ref{ID: w.Record.ID}}, fail(&w.Record)
	}
	return Writer[string]{
		Kinds:          Kinds[string]{schema.KindLabel: note, schema.KindMilestone: note},
		IsConversation: func(r *schema.Record) bool { return r.Kind == schema.KindIssue || r.Parent != nil },
		Converse: func(_ context.Context, repo string, lane []providers.Write) ([]providers.Written, error) {
			var ids []string
			written := make([]providers.Written, len(lane))
			for i, w := range lane {
				ids = append(ids, w.Record.ID)
				written[i].Ref.ID = w.Record.ID
				if err := fail(&w.Record); err != nil {
					return nil, err
				}
			}
			*log = append(*log, repo+" "+strings.Join(ids, "+"))
			return written, nil
		},
		Forget: func(repo string) { *log = append(*log, "forget "+repo) },
	}
}

func TestWriter(t *testing.T) {
	first, second := schema.Key{Kind: schema.KindIssue, ID: "i1"}, schema.Key{Kind: schema.KindIssue, ID: "i2"}
	writes := []providers.Write{
		recordOf(schema.KindLabel, "l1"),
		recordOf(schema.KindIssue, "i1"), recordOf(schema.KindComment, "c1", first),
		recordOf(schema.KindIssue, "i2"), recordOf(schema.KindComment, "c2", second),
		recordOf(schema.KindMilestone, "broken"), recordOf(schema.KindMilestone, ""), recordOf(schema.KindEvent, "b1"), recordOf(schema.KindLabel, "l2"),
	}
	var log []string
	written, err := noted(&log, func(r *schema.Record) error {
		if r.ID == "broken" {
			return errors.New("no")
		}
		return nil
	}).Write(t.Context(), "acme", writes)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acme l1", "acme i1+c1", "acme i2+c2", "acme broken", "forget acme", "forget acme", "acme l2"}, log); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	var got []string
	for _, w := range written {
		switch {
		case w.Problem != nil:
			got = append(got, string(w.Problem.Code)+" "+w.Problem.Op)
		case w.Skipped != "":
			got = append(got, "skipped")
		default:
			got = append(got, w.Ref.ID)
		}
	}
	if diff := cmp.Diff([]string{"l1", "i1", "c1", "i2", "c2", "internal write", "invalid write", "skipped", "l2"}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func TestWriterFails(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		ctx  context.Context
		fail func(*schema.Record) error
		want error
	}{
		"conversation": {t.Context(), func(*schema.Record) error { return broken }, broken},
		"cut off":      {ctx, func(*schema.Record) error { stop(); return nil }, context.Canceled},
	} {
		var log []string
		written, err := noted(&log, test.fail).Write(test.ctx, "acme", []providers.Write{recordOf(schema.KindIssue, "i1"), recordOf(schema.KindIssue, "i2")})
		if !errors.Is(err, test.want) || written != nil {
			t.Errorf("%s: %v, %v", name, written, err)
		}
	}
}
