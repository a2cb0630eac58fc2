package threads

import (
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// referencePattern is how texts name a thread: #12, GH-12, OWNER/NAME#12, or the
// URL of its page.
const referencePattern = `(?:([\w.-]+/[\w.-]+)#|(?:^|[^\w/&])(?:#|[gG][hH]-)|(https?://[^\s/]+)/([\w.-]+/[\w.-]+)/(?:issues|pull|discussions)/)([0-9]{1,10})`

// references yields the numbers of threads of a repository that a text may refer
// to, by referencePattern. It takes code for prose: reading a thread that is not meant does no harm.
func references(pattern *regexp.Regexp, text, web string, repositories []string) iter.Seq[int64] {
	own := func(name string) bool {
		return slices.ContainsFunc(repositories, func(full string) bool { return strings.EqualFold(full, name) })
	}
	return func(yield func(int64) bool) {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			if m[1] != "" && !own(m[1]) || m[2] != "" && (!strings.EqualFold(m[2], web) || !own(m[3])) {
				continue
			}
			if n, err := strconv.ParseInt(m[4], 10, 64); err == nil && n > 0 && !yield(n) {
				return
			}
		}
	}
}
