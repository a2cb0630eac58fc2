package subversion

import (
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

func TestTextCache(t *testing.T) {
	id := func(name string) gitpack.ID { return gitpack.Hash(gitpack.Blob, []byte(name)) }
	c := newTextCache(80)
	text := make([]byte, 10)
	c.put("trunk/a", id("a1"), text, gitpack.ID{})
	c.put("branches/x/a", id("a2"), text, id("a1")) // trunk/a still has a1
	c.put("trunk/b", id("b1"), text, gitpack.ID{})
	c.put("trunk/b", id("b2"), text, id("b1"))
	c.put("trunk/large", id("large"), make([]byte, 11), gitpack.ID{})
	for name, want := range map[string]bool{"a1": true, "a2": true, "b1": false, "b2": true, "large": false} {
		if _, ok := c.get(id(name)); ok != want {
			t.Errorf("%s is there: %v, want %v", name, ok, want)
		}
	}
	c.get(id("a1"))
	for i := range 7 {
		c.put("trunk/c", id(string(rune('c'+i))), text, gitpack.ID{})
	}
	if _, ok := c.get(id("a1")); !ok {
		t.Error("the text used last is gone")
	}
	if _, ok := c.get(id("b2")); ok || c.held > c.most || c.held != 10*len(c.byID) {
		t.Errorf("b2 is there: %v; %d bytes in %d texts, at most %d", ok, c.held, len(c.byID), c.most)
	}
}
