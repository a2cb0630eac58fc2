package conversion

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/schema"
)

func TestLosses(t *testing.T) {
	l := &Losses{}
	l.Add("b.code", "z", "r1", "first")
	l.Add("b.code", "a", "r2", "second")
	l.Add("a.code", "", "r3", "third")
	l.Add("b.code", "z", "r4", "fourth")
	l.Add("c.code", "x", "r5", "fifth")
	l.Forget("c.code")
	l.Forget("d.code")
	want := []schema.Loss{
		{Code: "a.code", Revision: "r3", Message: "third", Count: 1},
		{Code: "b.code", Path: "a", Revision: "r2", Message: "second", Count: 1},
		{Code: "b.code", Path: "z", Revision: "r1", Message: "first", Count: 2},
	}
	if diff := cmp.Diff(want, l.List()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLossesAreBounded(t *testing.T) {
	l := &Losses{}
	for i := range maxLossesPerCode + 50 {
		l.Add("code", fmt.Sprintf("path%04d", i), "r1", strings.Repeat("é", 1000))
	}
	l.Add("code", "path0000", "r2", "again")
	for range 2 { // as it is, and after a checkpoint
		list := l.List()
		if len(list) != maxLossesPerCode+1 {
			t.Fatalf("%d losses are listed", len(list))
		}
		if list[0].Count != 2 || list[0].Path != "path0000" || len(list[0].Message) > maxLossText || !utf8.ValidString(list[0].Message) {
			t.Errorf("the first loss is %+v", list[0])
		}
		if last := list[maxLossesPerCode]; last.Count != 50 || last.Path != "" {
			t.Errorf("the last loss is %+v", last)
		}
		data, err := json.Marshal(l.save())
		if err != nil {
			t.Fatal(err)
		}
		var saved savedLosses
		if err := json.Unmarshal(data, &saved); err != nil {
			t.Fatal(err)
		}
		l = loadLosses(saved)
	}
}

func TestLossesAreText(t *testing.T) {
	l := &Losses{}
	l.Add("code", "latin \xe9", "", "m")
	l.Add("code", "latin \xe8", "", "m")
	for _, loss := range l.List() {
		if !utf8.ValidString(loss.Path) {
			t.Errorf("%q", loss.Path)
		}
	}
	if len(l.List()) != 2 {
		t.Errorf("%v", l.List())
	}
}
