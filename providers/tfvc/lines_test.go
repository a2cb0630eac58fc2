package tfvc

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers/tfvc/tfvctest"
)

// mainAndDev makes the branch Main in changeset 2 and Dev of it in changeset 3.
func mainAndDev(c *tfvctest.Collection) {
	c.MakeBranch("$/P/Main", "")
	c.Commit("begin", add("Main/a.txt", "a\n"), add("Main/src/b.txt", "b\n"))
	c.MakeBranch("$/P/Dev", "$/P/Main")
	c.Commit("make Dev", tfvctest.Branch("$/P/Main", "$/P/Dev"))
}

func merge(from, to string, first, last int, only ...string) tfvctest.Op {
	return tfvctest.Merge("$/P/"+from, "$/P/"+to, first, last, only, nil)
}

func TestBranches(t *testing.T) {
	t.Run("made and changed", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Dev/a.txt", "dev\n")), one(edit("Main/a.txt", "main\n")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C5 Main <- C2 Main
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`)
		c.wantLosses()
	})
	t.Run("drop empty changesets", func(t *testing.T) {
		c := convert(t, with{"empty_changesets": "drop"}, mainAndDev, one(tfvctest.Note("lock", "$/P/Main/a.txt")))
		c.wantGraph(`C2 Main
			refs/heads/Dev = C2 Main
			refs/heads/main = C2 Main`)
	})
	t.Run("made of an old version", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Main/a.txt", "2\n")), func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/Rel", "$/P/Main")
			c.Commit("release", tfvctest.BranchAt("$/P/Main", "$/P/Rel", 3))
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Main <- C2 Main
			C5 Rel <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/Rel = C5 Rel
			refs/heads/main = C4 Main`)
	})
	t.Run("nested, longest match", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/Dev/team/feat", "$/P/Main")
			c.Commit("feature", tfvctest.Branch("$/P/Main", "$/P/Dev/team/feat"))
		}, one(edit("Dev/team/feat/a.txt", "f\n")), one(edit("Dev/a.txt", "d\n")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C4 Dev/team/feat <- C2 Main
			C5 Dev/team/feat <- C4 Dev/team/feat
			C6 Dev <- C4 Dev
			refs/heads/Dev = C6 Dev
			refs/heads/Dev%2Fteam/feat = C5 Dev/team/feat
			refs/heads/main = C2 Main`)
	})
	t.Run("renamed", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Dev/a.txt", "d\n")), one(rename("Dev", "Development")), one(edit("Development/a.txt", "e\n")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C5 Development <- C4 Dev
			C6 Development <- C5 Development
			refs/heads/Development = C6 Development
			refs/heads/main = C2 Main`)
		c.wantLosses()
	})
	t.Run("renamed with the folder above it", func(t *testing.T) {
		c := convert(t, nil, func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/App/Main", "")
			c.Commit("begin", add("App/Main/a.txt", "a\n"))
		}, one(rename("App", "Product")))
		c.wantGraph(`C2 App/Main
			C3 Product/Main <- C2 App/Main
			refs/heads/main = C3 Product/Main`)
	})
	t.Run("only its case renamed", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(rename("Dev", "DEV")), one(edit("DEV/a.txt", "d\n")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C5 Dev <- C4 Dev
			refs/heads/DEV = C5 Dev
			refs/heads/main = C2 Main`)
	})
	t.Run("deleted", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Dev/a.txt", "d\n")), one(remove("Dev")), one(edit("Main/a.txt", "m\n")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C6 Main <- C2 Main
			refs/archive/heads/Dev@4 = C4 Dev
			refs/heads/main = C6 Main`)
	})
	t.Run("deleted and made again", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Dev/a.txt", "d\n")), one(remove("Dev")), one(tfvctest.Branch("$/P/Main", "$/P/Dev")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C6 Dev <- C2 Main
			refs/archive/heads/Dev@4 = C4 Dev
			refs/heads/Dev = C6 Dev
			refs/heads/main = C2 Main`)
	})
	t.Run("replaced by another", func(t *testing.T) {
		c := convert(t, with{"branches": []string{"Main", "Dev", "Next"}}, mainAndDev, func(c *tfvctest.Collection) {
			c.Commit("next", tfvctest.Branch("$/P/Main", "$/P/Next"))
		}, one(edit("Next/a.txt", "n\n")), one(remove("Dev"), rename("Next", "Dev")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Next <- C2 Main
			C5 Next <- C4 Next
			C6 Dev <- C5 Next
			refs/archive/heads/Dev@5 = C3 Dev
			refs/heads/Dev = C6 Dev
			refs/heads/main = C2 Main`)
	})
	t.Run("undeleted", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, one(edit("Dev/a.txt", "d\n")), one(remove("Dev")), one(tfvctest.Undelete("$/P/Dev")))
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Dev <- C3 Dev
			C6 Dev <- C4 Dev
			refs/heads/Dev = C6 Dev
			refs/heads/main = C2 Main`)
	})
	t.Run("of a folder of a branch", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/Lib", "")
			c.Commit("library", tfvctest.Branch("$/P/Main/src", "$/P/Lib"))
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Lib <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/Lib = C4 Lib
			refs/heads/main = C2 Main`)
		c.wantLosses("tfvc.subfolder Lib C4")
	})
	t.Run("assembled from parts", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/Rel", "$/P/Main")
			c.Commit("release", tfvctest.Folder("$/P/Rel"), tfvctest.Branch("$/P/Main/a.txt", "$/P/Rel/a.txt"), tfvctest.Branch("$/P/Main/src", "$/P/Rel/src"))
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Rel <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/Rel = C4 Rel
			refs/heads/main = C2 Main`)
	})
	t.Run("from another project", func(t *testing.T) {
		c := convert(t, nil, func(c *tfvctest.Collection) {
			c.Project("Q")
			c.Commit("there", tfvctest.Add("$/Q/Main/q.txt", "q\n"))
			c.MakeBranch("$/P/Main", "$/Q/Main")
			c.Commit("here", tfvctest.Branch("$/Q/Main", "$/P/Main"))
		})
		c.wantGraph(`C4 Main
			refs/heads/main = C4 Main`)
		c.wantLosses("tfvc.origin Main C4")
	})
	t.Run("files outside", func(t *testing.T) {
		steps := []maker{mainAndDev, one(add("readme.txt", "r\n")), one(edit("readme.txt", "r2\n"), edit("Main/a.txt", "m\n")), one(remove("readme.txt"))}
		c := convert(t, nil, steps...)
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4
			C5 <- C4
			C5 Main <- C2 Main
			refs/archive/outside@5 = C5
			refs/heads/Dev = C3 Dev
			refs/heads/main = C5 Main`)
		c.wantLosses("tfvc.outside  C4")
		c = convert(t, with{"outside": "drop"}, steps...)
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C5 Main <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C5 Main`)
	})
	t.Run("given by the plan", func(t *testing.T) {
		c := convert(t, with{"branches": []string{"trunk", "rel/*"}}, one(add("trunk/a.txt", "a\n")), one(tfvctest.Branch("$/P/trunk", "$/P/rel/1.0")), one(edit("rel/1.0/a.txt", "b\n")))
		c.wantGraph(`C2 trunk
			C3 rel/1.0 <- C2 trunk
			C4 rel/1.0 <- C3 rel/1.0
			refs/heads/main = C2 trunk
			refs/heads/rel/1.0 = C4 rel/1.0`)
	})
	t.Run("names that git does not take", func(t *testing.T) {
		c := convert(t, nil, func(c *tfvctest.Collection) {
			c.MakeBranch("$/P/Main", "")
			c.MakeBranch("$/P/with space", "$/P/Main")
			c.MakeBranch("$/P/Main2", "$/P/Main")
			c.Commit("begin", add("Main/a.txt", "a\n"))
			c.Commit("branch", tfvctest.Branch("$/P/Main", "$/P/with space"))
		})
		c.wantGraph(`C2 Main
			C3 with space <- C2 Main
			refs/heads/main = C2 Main
			refs/heads/with%20space = C3 with space`)
	})
}

// TestLateBranch makes a branch of a folder that was converted as an ordinary
// one: it stays that, and is reported.
func TestLateBranch(t *testing.T) {
	c := tfvctest.New(t)
	c.Project("P")
	mainAndDev(c)
	c.Commit("a folder", add("Tools/t.txt", "t\n"))
	dir := rawDir(t)
	first := into(t, dir, c, nil)
	c.MakeBranch("$/P/Tools", "")
	c.Commit("more", edit("Tools/t.txt", "u\n"))
	second := into(t, dir, c, nil)
	second.verify(true)
	if second.export.Refs["refs/heads/Tools"] != "" {
		t.Error("the folder became a branch")
	}
	if first.export.Refs["refs/heads/main"] != second.export.Refs["refs/heads/main"] {
		t.Error("a commit changed")
	}
	second.wantLosses("tfvc.layout  C4", "tfvc.outside  C4")
}

func TestMerges(t *testing.T) {
	const start = `C2 Main
		C3 Dev <- C2 Main
		`
	tests := []struct {
		name   string
		steps  []maker
		graph  string
		losses []string
	}{
		{"whole branch", []maker{one(edit("Dev/a.txt", "d\n"), add("Dev/new.txt", "n\n")), one(merge("Dev", "Main", 4, 4))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main, C4 Dev
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`, nil},
		{"several changesets, with a conflict", []maker{one(edit("Dev/a.txt", "d\n")), one(edit("Dev/src/b.txt", "d\n")), one(edit("Main/a.txt", "m\n")),
			one(tfvctest.Merge("$/P/Dev", "$/P/Main", 4, 5, nil, map[string]string{"a.txt": "both\n"}))},
			`C4 Dev <- C3 Dev
			C5 Dev <- C4 Dev
			C6 Main <- C2 Main
			C7 Main <- C6 Main, C5 Dev
			refs/heads/Dev = C5 Dev
			refs/heads/main = C7 Main`, nil},
		{"a cherry-pick of one changeset", []maker{one(edit("Dev/a.txt", "d\n")), one(edit("Dev/src/b.txt", "d\n")), one(merge("Dev", "Main", 5, 5))},
			`C4 Dev <- C3 Dev
			C5 Dev <- C4 Dev
			C6 Main <- C2 Main
			refs/heads/Dev = C5 Dev
			refs/heads/main = C6 Main`, []string{"tfvc.cherry_pick Main C6"}},
		{"a cherry-pick of the later of two changes of a file", []maker{one(edit("Dev/a.txt", "d\n")), one(edit("Dev/a.txt", "e\n")),
			one(tfvctest.Merge("$/P/Dev", "$/P/Main", 5, 5, nil, map[string]string{"a.txt": "only the later\n"}))},
			`C4 Dev <- C3 Dev
			C5 Dev <- C4 Dev
			C6 Main <- C2 Main
			refs/heads/Dev = C5 Dev
			refs/heads/main = C6 Main`, []string{"tfvc.cherry_pick Main C6"}},
		{"one file of two", []maker{one(edit("Dev/a.txt", "d\n"), edit("Dev/src/b.txt", "d\n")), one(merge("Dev", "Main", 4, 4, "a.txt"))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`, []string{"tfvc.cherry_pick Main C5"}},
		{"the rest after a cherry-pick", []maker{one(edit("Dev/a.txt", "d\n"), edit("Dev/src/b.txt", "d\n")), one(merge("Dev", "Main", 4, 4, "a.txt")), one(merge("Dev", "Main", 4, 4, "src/b.txt"))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main
			C6 Main <- C5 Main, C4 Dev
			refs/heads/Dev = C4 Dev
			refs/heads/main = C6 Main`, []string{"tfvc.cherry_pick Main C5"}},
		{"down, then up", []maker{one(edit("Main/a.txt", "m\n")), one(merge("Main", "Dev", 4, 4)), one(edit("Dev/src/b.txt", "d\n")), one(merge("Dev", "Main", 6, 6))},
			`C4 Main <- C2 Main
			C5 Dev <- C3 Dev, C4 Main
			C6 Dev <- C5 Dev
			C7 Main <- C4 Main, C6 Dev
			refs/heads/Dev = C6 Dev
			refs/heads/main = C7 Main`, nil},
		{"up to an earlier version", []maker{one(edit("Dev/a.txt", "d\n")), one(edit("Dev/src/b.txt", "d\n")), one(merge("Dev", "Main", 4, 4))},
			`C4 Dev <- C3 Dev
			C5 Dev <- C4 Dev
			C6 Main <- C2 Main, C4 Dev
			refs/heads/Dev = C5 Dev
			refs/heads/main = C6 Main`, nil},
		{"a deletion", []maker{one(remove("Dev/a.txt")), one(merge("Dev", "Main", 4, 4))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main, C4 Dev
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`, nil},
		{"discarded", []maker{one(edit("Dev/a.txt", "d\n")), one(tfvctest.NoteMerge("$/P/Dev/a.txt", "$/P/Main/a.txt", 4, 4))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main, C4 Dev
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`, nil},
		{"recorded at the root alone", []maker{one(edit("Dev/a.txt", "d\n")), one(tfvctest.NoteMerge("$/P/Dev", "$/P/Main", 4, 4))},
			`C4 Dev <- C3 Dev
			C5 Main <- C2 Main
			refs/heads/Dev = C4 Dev
			refs/heads/main = C5 Main`, []string{"tfvc.cherry_pick Main C5"}},
		{"between files of one branch", []maker{one(tfvctest.Branch("$/P/Main/a.txt", "$/P/Main/c.txt")), one(edit("Main/a.txt", "2\n")), one(tfvctest.EditAs("edit, merge", "$/P/Main/c.txt", "2\n"))},
			`C4 Main <- C2 Main
			C5 Main <- C4 Main
			C6 Main <- C5 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C6 Main`, []string{"tfvc.merge  C6"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := convert(t, nil, append([]maker{mainAndDev}, tt.steps...)...)
			c.wantGraph(start + tt.graph)
			if diff := cmp.Diff(tt.losses, lossCodes(c)); diff != "" {
				t.Errorf("losses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	t.Run("one version", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.Commit("more", edit("Main/a.txt", "2\n"))
			c.Label("v1", "$/P", "$/P/Main", 3)
			c.Label("v2", "$/P", "$/P/Main", 4)
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Main <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C4 Main
			refs/tags/v1 = C2 Main
			refs/tags/v2 = C4 Main`)
		if got, want := c.git("cat-file", "-p", "refs/tags/v1"), "tag v1\ntagger Ann Other <ann@example.com> 1420167845 +0000\n\nlabel v1\n"; got[len("object ")+40+len("\ntype commit\n"):] != want {
			t.Errorf("tag:\n%s\nwant the end:\n%s", got, want)
		}
		c.wantLosses()
	})
	t.Run("after a deletion", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.Commit("less", remove("Main/src"))
			c.Label("v1", "$/P", "$/P/Main", 4)
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			C4 Main <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C4 Main
			refs/tags/v1 = C4 Main`)
	})
	t.Run("several versions", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.Commit("more", edit("Main/a.txt", "2\n"), edit("Main/src/b.txt", "2\n"))
			c.LabelMixed("mixed", "$/P", map[string]int{"$/P/Main/a.txt": 4, "$/P/Main/src": 3})
		})
		c.wantGraph(`label commit <- C4 Main
			C2 Main
			C3 Dev <- C2 Main
			C4 Main <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C4 Main
			refs/tags/mixed = label commit`)
		if diff := cmp.Diff(map[string]string{"a.txt": "2\n", "src/b.txt": "b\n"}, c.files("refs/tags/mixed")); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
		c.wantLosses("tfvc.label_mixed mixed")
	})
	t.Run("several branches, one name twice, odd names", func(t *testing.T) {
		c := convert(t, nil, mainAndDev, func(c *tfvctest.Collection) {
			c.Label("all", "$/P", "$/P", 3)
			c.Label("v 1", "$/P", "$/P/Main", 2)
			c.Label("v 1", "$/P/Dev", "$/P/Dev", 3)
		})
		c.wantGraph(`C2 Main
			C3 Dev <- C2 Main
			refs/heads/Dev = C3 Dev
			refs/heads/main = C2 Main
			refs/tags/all/Dev = C3 Dev
			refs/tags/all/Main = C2 Main
			refs/tags/v%201 = C2 Main
			refs/tags/v%201@$/P/Dev = C3 Dev`)
	})
	t.Run("none", func(t *testing.T) {
		c := convert(t, with{"labels": "none"}, mainAndDev, func(c *tfvctest.Collection) { c.Label("v1", "$/P", "$/P/Main", 3) })
		if c.export.Refs["refs/tags/v1"] != "" {
			t.Error("the label became a tag")
		}
	})
}
