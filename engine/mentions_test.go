package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

// TestMentionsByID has a source that mentions people by ids, with their names where
// it knows them. Two people of one name are told apart.
func TestMentionsByID(t *testing.T) {
	f := newForges(t)
	f.resource.Authors = "acme"
	f.authors = map[string]schema.AuthorTable{"acme": {Name: "acme", Unmatched: "keep", Entries: []schema.AuthorEntry{
		{Rule: "author", RemoteID: "557058:a-1", TargetUser: "lisa"}, {Rule: "author", RemoteName: "Mona L", TargetUser: "mona"},
	}}}
	f.from.add(schema.KindIssue, "i1", nil, `{"number":1,"title":"t","state":"open","text":"@{557058:a-1 Ada Lovelace}, @{557058:a-1}, @{1:b Ada Lovelace}, @{1:c}, @{1:d Mona L}, `+"`@{557058:a-1 Ada}`"+`"}`)
	for _, test := range []struct{ mentions, want string }{
		{"", "[@lisa](https://new.example/lisa), [@lisa](https://new.example/lisa), `@Ada Lovelace`, `@1:c`, [@mona](https://new.example/mona), `@{557058:a-1 Ada}`"},
		{"notify", "@lisa, @lisa, `@Ada Lovelace`, `@1:c`, @mona, `@{557058:a-1 Ada}`"},
	} {
		f.resource.Mentions = test.mentions
		if outcome, _ := f.apply(t); !outcome.Complete() {
			t.Fatalf("outcome %+v", outcome)
		}
		issue, _ := f.to.of(schema.KindIssue, "i1")
		if diff := cmp.Diff(test.want, textOf(t, issue.body)); diff != "" {
			t.Errorf("mentions %q (-want +got):\n%s", test.mentions, diff)
		}
	}
}
