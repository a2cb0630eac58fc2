package forgetarget

import (
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
	"github.com/google/go-cmp/cmp"
)

// thing is an object at a pretended server: its text is its version.
type thing struct{ id, text string }

func TestStore(t *testing.T) {
	const wanted = "new"
	conflict := providers.CodeConflict
	tests := []struct {
		name     string
		w        providers.Write
		standing *thing // found by name
		there    *thing // found by id
		did      string
		version  string
		degraded bool
		code     providers.Code
	}{
		{name: "first", did: "create", version: wanted},
		{name: "first, killed before", standing: &thing{"1", wanted}, version: wanted},
		{name: "first, something else there", standing: &thing{"1", "other"}, version: "other", degraded: true},
		{name: "first, something else there, overwriting", w: providers.Write{Overwrite: true}, standing: &thing{"1", "other"}, did: "edit", version: wanted},
		{name: "update", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}}, there: &thing{"1", "old"}, did: "edit", version: wanted},
		{name: "update without a version", w: providers.Write{Ref: schema.Ref{ID: "1"}}, there: &thing{"1", "old"}, did: "edit", version: wanted},
		{name: "update that was made already", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}}, there: &thing{"1", wanted}, version: wanted},
		{name: "update of what somebody changed", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}}, there: &thing{"1", "theirs"}, code: conflict},
		{name: "update of what somebody changed, overwriting", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}, Overwrite: true}, there: &thing{"1", "theirs"}, did: "edit", version: wanted},
		{name: "update of what is gone", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}}, code: conflict},
		{name: "update of what is gone, overwriting", w: providers.Write{Ref: schema.Ref{ID: "1", Version: "old"}, Overwrite: true}, did: "create", version: wanted},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			did := ""
			written, err := Store(test.w, test.standing, Object[thing]{
				Wanted:  wanted,
				Version: func(x thing) string { return x.text },
				Ref:     func(x thing) schema.Ref { return schema.Ref{ID: x.id} },
				Read: func(string) (thing, error) {
					if test.there == nil {
						return thing{}, &providers.Error{Code: providers.CodeNotFound, Message: "gone"}
					}
					return *test.there, nil
				},
				Create: func() (thing, error) { did += "create"; return thing{"1", wanted}, nil },
				Edit:   func(id string, _ thing) (thing, error) { did += "edit"; return thing{id, wanted}, nil },
			})
			if providers.CodeOf(err) != test.code {
				t.Fatalf("the error is %v; want the code %q", err, test.code)
			}
			if did != test.did {
				t.Errorf("it did %q; want %q", did, test.did)
			}
			want := schema.Ref{}
			if test.code == "" {
				want = schema.Ref{ID: "1", Version: test.version}
			}
			if diff := cmp.Diff(want, written.Ref); diff != "" || (written.Degraded != "") != test.degraded {
				t.Errorf("degraded: %q; the ref (-want +got):\n%s", written.Degraded, diff)
			}
		})
	}
}
