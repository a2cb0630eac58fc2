package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// aLoss is one thing that targets will not hold as the sources do, over all
// changes of a plan.
type aLoss struct {
	noun, text string
	count      int64 // of objects; 0 where the sources did not count them
	resources  int
}

// lossesOf adds up what changes say of what is degraded. A change says it as
// "7 issues: what they lose", or without a number.
func lossesOf(changes []*engine.Change) []*aLoss {
	var list []*aLoss
	known := map[string]*aLoss{}
	for _, c := range changes {
		for _, said := range c.Degraded {
			what, text, ok := strings.Cut(said, ": ")
			if !ok {
				what, text = "", said
			}
			count, noun := int64(0), what
			if number, rest, counted := strings.Cut(what, " "); counted {
				if n, err := strconv.ParseInt(number, 10, 64); err == nil {
					count, noun = n, rest
				}
			}
			noun = singular(noun)
			key := noun + "\x00" + text
			l := known[key]
			if l == nil {
				l = &aLoss{noun: noun, text: text}
				known[key] = l
				list = append(list, l)
			}
			l.count += count
			l.resources++
		}
	}
	return list
}

// singular is one of what a change speaks of.
func singular(noun string) string {
	for _, k := range schema.Kinds() {
		if noun == k.Plural() {
			return string(k)
		}
	}
	return strings.TrimSuffix(noun, "s")
}

// degraded writes what the targets will not hold as the sources do: each thing
// once, however many resources it concerns.
func (p *planText) degraded(changes []*engine.Change) {
	losses := lossesOf(changes)
	if len(losses) == 0 {
		return
	}
	p.printf("%s\n\n", p.Palette.paint(styleBold, "What the targets will not hold as the sources do"))
	for _, alike := range alikeLosses(losses) {
		var nouns []string
		for _, l := range alike {
			if l.noun != "" {
				nouns = append(nouns, l.what())
			}
		}
		about := strings.TrimSpace(strings.Join(nouns, ", ") + " in " + plural(int64(alike[0].resources), "resource"))
		p.text(fmt.Sprintf("%s: %s", shown(about), shown(bounded(alike[0].text, mostDetail))))
	}
	p.printf("\n")
}

// alikeLosses puts together what the same is said of, of as many resources.
func alikeLosses(losses []*aLoss) [][]*aLoss {
	var list [][]*aLoss
	for _, l := range losses {
		i := slices.IndexFunc(list, func(alike []*aLoss) bool { return alike[0].text == l.text && alike[0].resources == l.resources })
		if i < 0 {
			list = append(list, []*aLoss{l})
			continue
		}
		list[i] = append(list[i], l)
	}
	return list
}

// what is lost, with its number where it is known.
func (l *aLoss) what() string {
	switch l.count {
	case 0:
		return schema.Kind(l.noun).Plural()
	case 1:
		return "1 " + l.noun
	}
	return grouped(l.count) + " " + schema.Kind(l.noun).Plural()
}

// works are the changes that do something.
func works(changes []engine.Change) []*engine.Change {
	var list []*engine.Change
	for i := range changes {
		if changes[i].Action.Works() {
			list = append(list, &changes[i])
		}
	}
	return slices.Clip(list)
}
