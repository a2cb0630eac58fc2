package forgesource_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
	"github.com/drover-migrate/drover/providers/stream"
)

func TestTell(t *testing.T) {
	denied, down := providers.Errorf(providers.CodeDenied, "no"), providers.Errorf(providers.CodeUnavailable, "down")
	tell := func(names iter.Seq2[string, error]) (losses []string, err error) {
		out := stream.Start(nil, func(m providers.Message, _ error) bool {
			losses = append(losses, fmt.Sprintf("%s %d %s", m.Loss.Code, m.Loss.Count, m.Loss.Message))
			return true
		})
		return losses, forgesource.Tell(out, forgesource.Leave("x.keys", "keys", names))
	}
	for name, test := range map[string]struct {
		names iter.Seq2[string, error]
		want  []string
	}{
		"none":             {each[string](nil), nil},
		"some":             {each(nil, "b", "a"), []string{"x.keys 2 not carried, to be made again by hand: keys: a, b"}},
		"one has no name":  {each(nil, "a", ""), []string{"x.keys 2 not carried, to be made again by hand: keys: a"}},
		"without names":    {each(nil, "", ""), []string{"x.keys 2 not carried, to be made again by hand: keys"}},
		"hidden":           {each[string](denied), []string{"x.keys 1 not carried, and the token may not list them: keys"}},
		"there is no such": {forgesource.IfAny(each[string](denied)), nil},
		"at once":          {forgesource.NamesOf(func() ([]string, error) { return []string{"a"}, nil }), []string{"x.keys 1 not carried, to be made again by hand: keys: a"}},
		"by their names": {forgesource.Names(each(nil, 1, 2), func(n int) string { return fmt.Sprint("k", n) }),
			[]string{"x.keys 2 not carried, to be made again by hand: keys: k1, k2"}},
	} {
		got, err := tell(test.names)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	for name, names := range map[string]iter.Seq2[string, error]{
		"a list":           each(down, "a"),
		"at once":          forgesource.NamesOf(func() ([]string, error) { return nil, down }),
		"by their names":   forgesource.Names(each[int](down), func(int) string { return "" }),
		"there is no such": forgesource.IfAny(each[string](down)),
	} {
		if got, err := tell(names); !errors.Is(err, down) || len(got) > 0 {
			t.Errorf("%s of a server that is down: %v, %v", name, got, err)
		}
	}
}

// What may be a secret in an address does not show.
func TestAddresses(t *testing.T) {
	for address, want := range map[string][2]string{
		"https://user:pw@hooks.example/services/T0/B0/secret?key=x": {"https://hooks.example", "hooks.example"},
		"https://hooks.example?key=x":                               {"https://hooks.example", "hooks.example"},
		"ssh://git@mirror.example:22/a.git":                         {"ssh://mirror.example:22", "mirror.example:22"},
		"https://{host}.example/{path}":                             {"https://{host}.example", "an address that cannot be read"},
		"git@host:path":                                             {"", "an address that cannot be read"},
		"not an address":                                            {"", "an address that cannot be read"},
	} {
		if got := [2]string{forgesource.Origin(address), forgesource.Host(address)}; got != want {
			t.Errorf("%s: %q; want %q", address, got, want)
		}
	}
}

func TestOnce(t *testing.T) {
	var once forgesource.Once[string, int]
	asked := 0
	for _, test := range []struct {
		answer, asked int
		err           error
	}{
		{answer: 1, asked: 1, err: providers.Errorf(providers.CodeUnavailable, "down")},
		{answer: 2, asked: 2, err: providers.Errorf(providers.CodeDenied, "no")},
		{answer: 2, asked: 2, err: providers.Errorf(providers.CodeDenied, "no")},
	} {
		_, err := once.Get("a", func() (int, error) { asked++; return test.answer, test.err })
		if providers.CodeOf(err) != providers.CodeOf(test.err) || asked != test.asked {
			t.Errorf("%v after %d requests; want %v after %d", err, asked, test.err, test.asked)
		}
	}
	for range 2 {
		if n, err := once.Get("b", func() (int, error) { asked++; return 7, nil }); n != 7 || err != nil || asked != 3 {
			t.Errorf("%d, %v after %d requests", n, err, asked)
		}
	}
}
