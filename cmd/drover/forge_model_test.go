package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/github/githubtest"
)

// interleavings is how many are tried with a destination, unless DROVER_SOAK says
// otherwise.
func interleavings(t *testing.T, name string) int {
	t.Helper()
	if s := os.Getenv("DROVER_SOAK"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	switch {
	case name == "gitlab" && testing.Short(): // each takes longer there
		return 2
	case name == "gitlab":
		return 2
	case testing.Short():
		return 2
	}
	return 3
}

// TestInterleavings lets people edit a repository while it is migrated again and
// again, by programs that are killed at any request to either end. Whatever the
// order, the target ends as if the source had been migrated once.
func TestInterleavings(t *testing.T) {
	for name, open := range destinations() {
		t.Run(name, func(t *testing.T) {
			for seed := range interleavings(t, name) {
				t.Run(strconv.Itoa(seed), func(t *testing.T) {
					t.Parallel()
					interleave(t, uint64(seed), open)
				})
			}
		})
	}
}

func destinations() map[string]func(t testing.TB) destination {
	return map[string]func(t testing.TB) destination{
		"archive": func(t testing.TB) destination { return newArchive(t) },
		"gitea":   func(t testing.TB) destination { return newGitea(t) },
		"gitlab":  func(t testing.TB) destination { return newGitLabStandIn(t) },
	}
}

func interleave(t *testing.T, seed uint64, open func(t testing.TB) destination) {
	server := newGitHub(t, githubtest.Options{})
	e := newEditor(t, server.Model, seed)
	w := newForgeWorld(t, server, open(t), "acme/api")
	defer func() {
		if t.Failed() {
			t.Logf("seed %d:\n%s", seed, strings.Join(e.log, "\n"))
		}
	}()
	for range 2 + e.rand.IntN(3) {
		switch n := 1 + e.rand.IntN(40); e.rand.IntN(5) {
		case 0:
			e.did("apply, killed at request %d to the source: %v", n, w.applyUntil(t, w.killAtSource(n)))
		case 1:
			e.did("apply, killed at request %d to the target: %v", n, w.applyUntil(t, w.killAtTarget(n, true, false)))
		case 2:
			n = 1 + n/3
			e.did("apply, killed at write %d to the target: %v", n, w.applyUntil(t, w.killAtTarget(n, false, false)))
		case 3:
			n = 1 + n/3
			e.did("apply, killed after write %d to the target: %v", n, w.applyUntil(t, w.killAtTarget(n, false, true)))
		default:
			e.did("apply: %+v", w.apply(t).whole(t).outcome)
			e.synced = true
		}
		for range 1 + e.rand.IntN(5) {
			e.edit()
		}
	}
	w.apply(t).whole(t)
	w.idle(t)
	if t.Failed() {
		return
	}
	once := newForgeWorld(t, server, open(t), "acme/api")
	once.apply(t).whole(t)
	same(t, once.to.contents(t), w.to.contents(t), e.left)
}
