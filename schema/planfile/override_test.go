package planfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseOverride(t *testing.T) {
	for _, test := range []struct {
		text string
		want Override
		ok   bool
	}{
		{"repository.a.new_name=x", Override{"repository.a", "new_name", "x"}, true},
		{"repository.a.lifecycle.on_orphan=keep", Override{"repository.a", "lifecycle.on_orphan", "keep"}, true},
		{"repository.a.new_name=", Override{"repository.a", "new_name", ""}, true},
		{"repository.a.new_name=a=b[c]", Override{"repository.a", "new_name", "a=b[c]"}, true},
		{`repository.a["o/b"].new_name=x`, Override{`repository.a["o/b"]`, "new_name", "x"}, true},
		{`repository.a["o=\"]=b"].x.y=z`, Override{`repository.a["o=\"]=b"]`, "x.y", "z"}, true},
		{"repository.a=x", Override{}, false},
		{"repository.a.new_name", Override{}, false},
		{"new_name=x", Override{}, false},
		{`repository.a["b"]=x`, Override{}, false},
		{`repository.a["b].x=x`, Override{}, false},
		{`repository.a[b].x=x`, Override{}, false},
		{"", Override{}, false},
		{"=", Override{}, false},
	} {
		got, err := ParseOverride(test.text)
		if (err == nil) != test.ok {
			t.Errorf("%s: error %v", test.text, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func FuzzParseOverride(f *testing.F) {
	f.Add(`repository.a["o=\"]=b"].x.y=z`)
	f.Add("repository.a.b=c")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseOverride(text)
		if err != nil {
			return
		}
		if err := o.Address.Check(); err != nil || string(o.Address)+"."+o.Name+"="+o.Value != text {
			t.Errorf("%q became %+v; %v", text, o, err)
		}
	})
}
