package forgetarget

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// Noun is what a forge calls that which git data stands in: repository, project. A
// repository is made with a description that says for what, and marked after that:
// until it is, the run that made it may have been killed.
type Noun string

// Description describes a repository that is made for a source repository and is
// not finished.
func (n Noun) Description(marker string) string {
	return fmt.Sprintf("Drover is making this %s for %s", n, marker)
}

// Begun is what a repository was made for that is not finished, because the run that
// made it was killed: nothing stands in it. Empty: it is another one.
func (n Noun) Begun(description string, refs map[string]string) string {
	marker, begun := strings.CutPrefix(description, n.Description(""))
	if !begun || len(refs) > 0 || CheckMarker(marker) != nil {
		return ""
	}
	return marker
}

// Found is a repository that stands where one is to be made.
type Found struct {
	Description  string
	ObjectFormat string            // empty: not known
	Refs         map[string]string // that stand for some of a source
	Marker       string            // what it is marked with
}

// Claim reports whether a repository that was found is the one that is asked for and
// is not finished. It fails for one that is another, unless it is to be adopted.
func (n Noun) Claim(req providers.CreateRequest, found Found) (unfinished bool, err error) {
	unfinished = n.Begun(found.Description, found.Refs) == req.Marker
	if found.Marker != req.Marker && !unfinished && !req.Adopt {
		e := &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("a %s that drover did not make stands there", n),
			Hint: "choose another name, move it away, or adopt it"}
		if found.Marker != "" {
			e.Message = fmt.Sprintf("the %s there belongs to the source repository with the identity %q", n, schema.Printable(found.Marker))
		}
		return false, e
	}
	if has, want := found.ObjectFormat, req.ObjectFormat; want != "" && has != "" && want != has {
		return false, &providers.Error{Code: providers.CodeConflict,
			Message: fmt.Sprintf("its object format is %s and that of the source is %s", schema.Printable(has), schema.Printable(want)),
			Hint:    fmt.Sprintf("choose another name; a %s cannot change its object format", n)}
	}
	return unfinished, nil
}

// Taken is the error of a place at which another repository stands than the one that
// is to move there.
func (n Noun) Taken() error {
	return &providers.Error{Code: providers.CodeConflict, Message: fmt.Sprintf("another %s stands there", n), Hint: "choose another name, or move that one away"}
}

// ID is the number by which the server knows the repository of a ref.
func (n Noun) ID(ref schema.Ref) (int64, error) {
	id, err := strconv.ParseInt(ref.ID, 10, 64)
	if err != nil || id <= 0 {
		return 0, &providers.Error{Code: providers.CodeNotFound, Message: fmt.Sprintf("%q is not the id of a %s of this server", schema.Printable(ref.ID), n),
			Hint: fmt.Sprintf("plan again, so that the %s is found or created", n)}
	}
	return id, nil
}

// CheckMarker refuses identities that could not be read back from the name of a ref.
func CheckMarker(marker string) error {
	switch {
	case marker == "":
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository is empty")
	case len(marker) > schema.MaxID:
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository has more than %d bytes", schema.MaxID)
	case strings.ContainsFunc(marker, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return providers.Errorf(providers.CodeInvalid, "the identity of the source repository holds a control character")
	}
	return nil
}
