package planfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// constraint is a list of conditions on a version, such as ">= 0.3.0, < 1.0.0",
// all of which must hold.
type constraint []condition

type condition struct {
	operator string
	version  version
	parts    int // how many numbers were written, which ~> goes by
}

// version is a semantic version. Build metadata is left out: it does not order.
type version struct {
	numbers    [3]int
	prerelease string
}

// parseConstraint reads conditions separated by commas. The operators are =,
// !=, <, <=, >, >= and ~>; no operator means =.
func parseConstraint(text string) (constraint, error) {
	var c constraint
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		operator := part[:len(part)-len(strings.TrimLeft(part, "=!<>~"))]
		v, parts, err := parseVersion(strings.TrimSpace(part[len(operator):]))
		if err != nil {
			return nil, err
		}
		switch operator {
		case "":
			operator = "="
		case "=", "!=", "<", "<=", ">", ">=", "~>":
		default:
			return nil, fmt.Errorf("%q is no operator; use =, !=, <, <=, >, >= or ~>", operator)
		}
		c = append(c, condition{operator, v, parts})
	}
	return c, nil
}

func parseVersion(text string) (v version, parts int, err error) {
	malformed := fmt.Errorf("%q is not a version such as 0.3 or 1.2.3-rc.1", schema.Printable(text))
	rest, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), "+")
	rest, v.prerelease, _ = strings.Cut(rest, "-")
	for number := range strings.SplitSeq(rest, ".") {
		n, err := strconv.ParseUint(number, 10, 31)
		if err != nil || parts == len(v.numbers) {
			return version{}, 0, malformed
		}
		v.numbers[parts] = int(n)
		parts++
	}
	return v, parts, nil
}

// allows reports whether the version meets every condition. A text that is no
// version, such as that of a development build, meets all: there is nothing
// to compare.
func (c constraint) allows(text string) bool {
	v, _, err := parseVersion(text)
	if err != nil {
		return true
	}
	for _, cond := range c {
		if !cond.holds(v) {
			return false
		}
	}
	return true
}

func (c condition) holds(v version) bool {
	order := v.compare(c.version)
	switch c.operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	// ~> lets the last number that was written grow, and those after it.
	for i := range max(c.parts-1, 1) {
		if v.numbers[i] != c.version.numbers[i] {
			return false
		}
	}
	return order >= 0
}

// compare is negative, zero or positive as v comes before, with or after w.
func (v version) compare(w version) int {
	for i := range v.numbers {
		if d := v.numbers[i] - w.numbers[i]; d != 0 {
			return d
		}
	}
	switch {
	case v.prerelease == w.prerelease:
		return 0
	case v.prerelease == "":
		return 1
	case w.prerelease == "":
		return -1
	}
	return comparePrereleases(strings.Split(v.prerelease, "."), strings.Split(w.prerelease, "."))
}

// comparePrereleases orders as semantic versioning does: numbers before words,
// numbers by value, words by bytes, shorter before longer.
func comparePrereleases(v, w []string) int {
	for i := range min(len(v), len(w)) {
		a, errA := strconv.ParseUint(v[i], 10, 31)
		b, errB := strconv.ParseUint(w[i], 10, 31)
		switch {
		case errA == nil && errB == nil && a != b:
			return int(a) - int(b)
		case errA == nil && errB != nil:
			return -1
		case errA != nil && errB == nil:
			return 1
		case v[i] != w[i] && errA != nil:
			return strings.Compare(v[i], w[i])
		}
	}
	return len(v) - len(w)
}
