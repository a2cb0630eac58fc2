package authorfile

import "strings"

// suggest returns the column that a misspelt name most likely means, or "".
func suggest(given string) string {
	const longest = 32 // no column is near anything longer, and comparing it has a cost
	if len(given) > longest {
		return ""
	}
	given = strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(given))
	best, least := "", 3 // two swapped letters are a distance of 2
	for _, name := range columnNames() {
		if d := distance(given, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the Levenshtein distance in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
