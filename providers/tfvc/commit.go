package tfvc

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/tfvc/azure"
)

// workItemTrailer names the work items that a changeset is linked to, as
// "Work-Item: AB#12". A bare "#12" would be taken for an issue of the target;
// this is what Azure Boards looks for.
const workItemTrailer = "Work-Item"

// stamp is what the commits of one changeset have in common.
type stamp struct {
	author, committer []byte
	message           []byte
}

// stamp reads who made the changeset at hand, when and why.
func (c *converter) stamp() *stamp {
	set := c.now.set
	switch {
	case set.Created.IsZero():
		c.lose("tfvc.date", "", "the changeset has no date that can be read; it gets that of the changeset before")
	default:
		c.history.Date = set.Created.Unix()
		if problem := conversion.DateProblem(c.history.Date, 0); problem != "" {
			c.lose("tfvc.date", "", problem)
		}
	}
	author := personOf(set.Author, c.settings.address.Host())
	if nobody(set.Author) {
		c.lose("tfvc.author", "", "the changeset names no author")
	}
	committer := author
	if !nobody(set.CheckedInBy) {
		committer = personOf(set.CheckedInBy, c.settings.address.Host())
	}
	return &stamp{author: author.At(c.history.Date, 0), committer: committer.At(c.history.Date, 0), message: c.message()}
}

// nobody reports an identity of which nothing is left to call it by.
func nobody(who azure.Identity) bool { return who.DisplayName == "" && who.UniqueName == "" }

// personOf is an identity as raw commits have it. The mail address is the unique
// name when that is one. An account, DOMAIN\user, gets the server's name for a
// host, so that accounts of two servers are two people; so does a person of whom
// only the name is left.
func personOf(who azure.Identity, host string) conversion.Person {
	unique, name := oneLine(who.UniqueName), oneLine(who.DisplayName)
	if unique == "" {
		unique = name
	}
	if unique == "" {
		return conversion.LoginAt("", host)
	}
	if name == "" {
		name = unique
	}
	if !strings.Contains(unique, "@") {
		unique += "@" + host
	}
	return conversion.Person{Name: name, Email: unique}
}

func oneLine(s string) string {
	text, _ := conversion.Message([]byte(s))
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == '<' || r == '>' {
			return -1
		}
		return r
	}, string(text))), " ")
}

// message is the comment as git holds it, with the work items as trailers.
func (c *converter) message() []byte {
	message, lossy := conversion.Message([]byte(c.now.set.Comment))
	if lossy {
		c.lose("tfvc.comment", "", "the comment holds characters that git cannot")
	}
	if len(c.now.workItems) == 0 {
		return message
	}
	ids := slices.Clone(c.now.workItems)
	slices.Sort(ids)
	var b bytes.Buffer
	b.Write(message)
	if len(message) > 0 {
		b.WriteByte('\n')
	}
	for _, id := range slices.Compact(ids) {
		fmt.Fprintf(&b, "%s: AB#%d\n", workItemTrailer, id)
	}
	return b.Bytes()
}
