package threads

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/forgetarget"
	"github.com/drover-migrate/drover/schema"
)

// place is where an object stands in a repository: a thread, and what of it.
// The ids of comments and reviews do not tell their threads, and some requests
// need both.
type place struct {
	number                         int64 // of the issue or pull request
	comment, review, remark, asset int64 // 0: not one of these
}

// id is the place as a Ref holds it: 12, 12/comment/5, 12/review/7,
// 12/review/7/remark/8, 12/asset/9.
func (p place) id() string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(p.number, 10))
	for _, part := range p.parts() {
		if *part.value != 0 {
			fmt.Fprintf(&b, "/%s/%d", part.name, *part.value)
		}
	}
	return b.String()
}

type placePart struct {
	name  string
	value *int64
}

func (p *place) parts() []placePart {
	return []placePart{{"comment", &p.comment}, {"review", &p.review}, {"remark", &p.remark}, {"asset", &p.asset}}
}

// parsePlace reads the id of a Ref.
func parsePlace(id string) (place, error) {
	var p place
	malformed := &providers.Error{Code: providers.CodeNotFound, Message: fmt.Sprintf("%q does not name an issue, comment or review of this server", schema.Printable(id)),
		Hint: "apply again, so that the object is looked for"}
	words := strings.Split(id, "/")
	if len(words)%2 == 0 || len(words) > 5 {
		return p, malformed
	}
	n, ok := positive(words[0])
	if !ok {
		return p, malformed
	}
	p.number = n
	for i := 1; i < len(words); i += 2 {
		n, ok := positive(words[i+1])
		found := false
		for _, part := range p.parts() {
			if part.name == words[i] && *part.value == 0 {
				*part.value, found = n, true
			}
		}
		if !ok || !found {
			return p, malformed
		}
	}
	return p, nil
}

func positive(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// threadOf returns the number of the issue or pull request that a record stands
// under.
func threadOf(one *providers.Write) (int64, error) {
	if one.Record.Parent == nil {
		return 0, providers.Errorf(providers.CodeInvalid, "%s %s stands under nothing", one.Record.Kind, schema.Printable(one.Record.ID))
	}
	ref, ok := forgetarget.Related(*one, *one.Record.Parent)
	if !ok {
		return 0, &providers.Error{Code: providers.CodeInvalid, Op: "write " + string(one.Record.Kind), Subject: schema.Printable(one.Record.ID),
			Message: fmt.Sprintf("the %s that it stands under is not at the target", one.Record.Parent.Kind),
			Hint:    "see why that one was not written; apply writes both again"}
	}
	p, err := parsePlace(ref.ID)
	return p.number, err
}
