package main

import (
	"strings"

	"github.com/drover-migrate/drover/schema"
)

// palette says whether text may be coloured. Colour never carries a meaning of
// its own: whatever is coloured also says it in words.
type palette bool

// style is a terminal's code for a way of writing.
type style string

const (
	styleNone   style = ""
	styleBold   style = "1"
	styleDim    style = "2"
	styleMarked style = "1;4"
	styleRed    style = "31"
	styleGreen  style = "32"
	styleYellow style = "33"
	styleCyan   style = "36"
)

func (p palette) paint(st style, s string) string {
	if !p || st == styleNone || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

// screen is what text is written for. The zero screen is a plain page of 78
// columns.
type screen struct {
	Palette palette
	Width   int // columns; 0 when not known

	// Excerpt finds the text behind a range, for diagnostics that do not carry
	// it. Nil, or a nil answer, means that it is not at hand.
	Excerpt func(schema.Range) *schema.Excerpt
}

// columns is the width to lay out for. Lines of prose that cross a whole wide
// screen are hard to read, so there is a most.
func (s screen) columns() int {
	const unknown, least, most = 78, 40, 120
	if s.Width <= 0 {
		return unknown
	}
	return min(max(s.Width, least), most)
}

// ends writes left and right at the two ends of a line.
func (s screen) ends(left, right string, st style) string {
	if right == "" {
		return s.Palette.paint(st, left)
	}
	gap := s.columns() - columns(left) - columns(right)
	return s.Palette.paint(st, left) + strings.Repeat(" ", max(gap, 2)) + s.Palette.paint(styleDim, right)
}
