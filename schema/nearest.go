package schema

import "strings"

// Nearest returns the name among known that a misspelt name most likely
// means, or "". Equally near names are told apart by their order in known.
func Nearest(name string, known []string) string {
	const longest = 64 // an edit distance to anything longer says nothing
	if len(name) > longest {
		return ""
	}
	given := fold(name)
	best, least := "", 4
	for _, k := range known {
		if len(k) > longest || k == name {
			continue
		}
		// Short names are near to every other short name.
		if d := distance(given, fold(k)); d < least && d <= max(1, len(k)/3) {
			best, least = k, d
		}
	}
	return best
}

// fold removes what people mix up without noticing.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// distance is the number of bytes to insert, drop, replace or swap with their
// neighbour to get from a to b.
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	next := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
