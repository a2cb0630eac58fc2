package contracttest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxProblems = 20  // of one exchange
	maxProblem  = 600 // bytes of one
)

// problems gathers what is wrong with one exchange.
type problems struct {
	operation string
	found     []string
	more      int
}

// add notes a problem: where it is, and what is wrong there.
func (p *problems) add(place, format string, args ...any) {
	if len(p.found) == maxProblems {
		p.more++
		return
	}
	text := fmt.Sprintf("%s: %s: %s", p.operation, place, fmt.Sprintf(format, args...))
	p.found = append(p.found, printable(text))
}

func (p *problems) list() []string {
	if p.more > 0 {
		return append(p.found, fmt.Sprintf("%s: and %d more", p.operation, p.more))
	}
	return p.found
}

// printable keeps a text on one line and within bounds: it may repeat what a
// server or a client sent.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '.'
		}
		return r
	}, text)
	if len(text) <= maxProblem {
		return text
	}
	cut := maxProblem
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
