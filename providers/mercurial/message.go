package mercurial

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-migrate/drover/providers/conversion"
	"github.com/drover-migrate/drover/providers/mercurial/hg"
)

// person is who a user of Mercurial is in a commit. A name without a mail
// address gets one that no other repository has.
func (c *converter) person(user string) conversion.Person { return personOf(user, c.identity) }

func personOf(user, identity string) conversion.Person {
	p := conversion.SplitPerson(user)
	if p.Email == "" {
		return conversion.LoginAt(p.Name, identity)
	}
	return p
}

// message is the commit message of a changeset.
func (c *converter) message(ch change, node hg.Node) []byte {
	message, lossy := conversion.Message([]byte(ch.changeset.Description))
	if lossy {
		c.lose("mercurial.message", "", ch.number, "the message is not UTF-8, its encoding was guessed")
	}
	if !c.settings.Extras {
		return message
	}
	var b bytes.Buffer
	if b.Write(message); b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "Hg-changeset: %s\n", node)
	fmt.Fprintf(&b, "Hg-branch: %s\n", trailerValue(ch.changeset.Branch()))
	for _, key := range slices.Sorted(maps.Keys(ch.changeset.Extra)) {
		if key != "branch" {
			fmt.Fprintf(&b, "Hg-extra: %s=%s\n", trailerValue(key), trailerValue(ch.changeset.Extra[key]))
		}
	}
	return b.Bytes()
}

// trailerValue makes text fit for one line of a message.
func trailerValue(text string) string {
	utf8, _ := conversion.Message([]byte(strings.ReplaceAll(text, "\x00", `\0`)))
	return strings.ReplaceAll(strings.TrimSuffix(string(utf8), "\n"), "\n", `\n`)
}
