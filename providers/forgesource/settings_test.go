package forgesource_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgesource"
)

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "A-b_c.9": true, ".github": true, strings.Repeat("a", 10): true,
		"": false, ".": false, "..": false, "a/b": false, "a b": false, "a%2f": false, "ä": false, "a?x": false, strings.Repeat("a", 11): false,
	} {
		if forgesource.IsName(name, 10) != want {
			t.Errorf("%q: want %v", name, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for identity, want := range map[string]int64{"": 0, "7": 7, "0": -1, "-7": -1, "x": -1, "99999999999999999999": -1} {
		n, err := forgesource.Number(identity)
		if want < 0 && providers.CodeOf(err) != providers.CodeInvalid || want >= 0 && (err != nil || n != want) {
			t.Errorf("%q: %d, %v", identity, n, err)
		}
	}
}

func TestText(t *testing.T) {
	for data, want := range map[string]string{`"a"`: "a", `7`: "7", `99999999999999999999`: "99999999999999999999", `true`: "!", `[7]`: "!"} {
		var got forgesource.Text
		if err := json.Unmarshal([]byte(data), &got); want == "!" && err == nil || want != "!" && (err != nil || string(got) != want) {
			t.Errorf("%s: %q, %v", data, got, err)
		}
	}
}

func TestFile(t *testing.T) {
	for name, want := range map[string]string{"": "", "ca.pem": "/plan/ca.pem", "../ca.pem": "/ca.pem", "/etc/ca.pem": "/etc/ca.pem"} {
		if got, err := forgesource.File(providers.Config{Dir: "/plan"}, name); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}
