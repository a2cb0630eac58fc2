package threads

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferences(t *testing.T) {
	tests := []struct {
		text string
		want []int64
	}{
		{"#1 and #2, (#3) GH-4 gh-5", []int64{1, 2, 3, 4, 5}},
		{"lantern/lamp#6 LANTERN/torch#7 other/lamp#8", []int64{6, 7}},
		{"https://github.com/lantern/lamp/issues/9 https://github.com/lantern/lamp/pull/10#issuecomment-1 https://github.com/lantern/lamp/discussions/11", []int64{9, 10, 11}},
		{"https://github.com/other/lamp/issues/12 https://example.com/lantern/lamp/issues/13", nil},
		{"a#14 &#15; C#16 #x #0 GH-", nil},
	}
	pattern := regexp.MustCompile(referencePattern)
	for _, test := range tests {
		got := slices.Collect(references(pattern, test.text, "https://github.com", []string{"lantern/lamp", "lantern/torch"}))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}
