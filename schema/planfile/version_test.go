package planfile

import (
	"testing"
)

func TestVersionConstraints(t *testing.T) {
	for _, test := range []struct {
		constraint, version string
		want                bool
	}{
		{">= 0.3.0, < 1.0.0", "0.3.0", true},
		{">= 0.3.0, < 1.0.0", "1.0.0", false},
		{">= 0.3.0, < 1.0.0", "0.2.9", false},
		{"~> 0.3", "0.9.1", true},
		{"~> 0.3", "1.0.0", false},
		{"~> 0.3", "0.2.0", false},
		{"~> 0.3.1", "0.3.9", true},
		{"~> 0.3.1", "0.4.0", false},
		{"~> 1", "1.9", true},
		{"~> 1", "2.0", false},
		{"1.2.3", "v1.2.3+build", true},
		{"!= 1.2.3", "1.2.3", false},
		{"> 1.2", "1.2.0", false},
		{"<= 1.2", "1.2.1", false},
		{">= 1.0.0", "1.0.0-rc.1", false},
		{">= 1.0.0-rc.2", "1.0.0-rc.10", true},
		{">= 1.0.0-rc.2", "1.0.0-rc.1", false},
		{"< 1.0.0-rc", "1.0.0-1", true},
		{"> 9", "a development build", true},
	} {
		c, err := parseConstraint(test.constraint)
		if err != nil {
			t.Errorf("%s: %v", test.constraint, err)
		}
		if got := c.allows(test.version); got != test.want {
			t.Errorf("%q allows %s: %t", test.constraint, test.version, got)
		}
	}
	for _, text := range []string{"", "latest", "=> 1", ">= 1.2.3.4", "1,", "~ 1", "99999999999"} {
		if c, err := parseConstraint(text); err == nil {
			t.Errorf("%q is taken as %v", text, c)
		}
	}
}
