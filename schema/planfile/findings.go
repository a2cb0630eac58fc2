package planfile

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/drover-migrate/drover/schema"
)

// maxAlike bounds how many findings of one code a place gets. An expression in
// a block with for_each can go wrong in a different way for each of thousands
// of instances, and a few show the pattern.
const maxAlike = 5

// findings collects diagnostics and says each once.
type findings struct {
	list  []*finding
	said  map[string]*finding
	alike map[string][]*finding // by place and code

	// about, when set, is what the next findings are about, for want of a
	// place in a file.
	about string
}

// finding is a diagnostic with the instances that it is also about.
type finding struct {
	diag  *hcl.Diagnostic
	first schema.Address
	more  []schema.Address // with the same text
	left  int              // others at its place that were left out
}

// add takes up d, which arose for an instance or, when that is empty, for a
// block as a whole.
func (f *findings) add(d *hcl.Diagnostic, instance schema.Address) {
	place := ""
	if d.Subject != nil && d.Subject.Filename == "" {
		d.Subject, d.Context = nil, nil
		if f.about != "" {
			d.Detail = f.about + ": " + d.Detail
		}
	}
	if d.Subject != nil {
		place = d.Subject.String()
	}
	text := place + "\n" + d.Summary + "\n" + d.Detail
	if known := f.said[text]; known != nil {
		// Instances come one after the other, so a repetition is the last one.
		if n := len(known.more); instance != "" && instance != known.first && (n == 0 || known.more[n-1] != instance) {
			known.more = append(known.more, instance)
		}
		return
	}
	c, _ := hcl.DiagnosticExtra[code](d)
	alike := place + "\n" + string(c)
	if instance != "" && len(f.alike[alike]) == maxAlike {
		f.alike[alike][maxAlike-1].left++
		return
	}
	if f.said == nil {
		f.said = make(map[string]*finding)
		f.alike = make(map[string][]*finding)
	}
	x := &finding{diag: d, first: instance}
	f.list = append(f.list, x)
	f.said[text] = x
	if place != "" {
		f.alike[alike] = append(f.alike[alike], x)
	}
}

// all is what was reported, in the order of the reports.
func (f *findings) all() hcl.Diagnostics {
	var out hcl.Diagnostics
	for _, x := range f.list {
		d := *x.diag
		switch n := len(x.more); {
		case n == 1:
			d.Detail += fmt.Sprintf(" The same goes for %s.", schema.Printable(string(x.more[0])))
		case n > 1:
			d.Detail += fmt.Sprintf(" The same goes for %d other instances, such as %s.", n, schema.Printable(string(x.more[0])))
		}
		if x.left > 0 {
			d.Detail += fmt.Sprintf(" %d similar findings at this place are left out.", x.left)
		}
		out = append(out, &d)
	}
	return out
}
