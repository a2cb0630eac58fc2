package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/mercurial/hgtest"
	"github.com/drover-migrate/drover/providers/subversion/svntest"
)

const vcsPlan = `
variable "url" {
  type = string
}
source "vcs" "from" {}
target "directory" "to" {
  path = "out"
}
repository "big" {
  source           = source.vcs.from
  target           = target.directory.to
  vcs_url          = var.url
  target_namespace = ""
  new_name         = "big"
}
`

// applyBig carries the repository over and returns what that cost.
func (b bench) applyBig(url string) cost {
	b.Helper()
	return b.run("drover", "apply", "--yes", "--progress", "none", "--var", "url="+url)
}

// packBytes is the size of the packs below a folder.
func (b bench) packBytes(dir string) float64 {
	b.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) == 0 {
		b.Fatalf("no packs in %s: %v", dir, err)
	}
	var sum int64
	for _, pack := range packs {
		info, err := os.Stat(pack)
		if err != nil {
			b.Fatal(err)
		}
		sum += info.Size()
	}
	return float64(sum)
}

// peer skips the rest of a benchmark's comparison when a program is missing.
func (b bench) peer(program string) bool {
	if _, err := exec.LookPath(program); err != nil {
		b.Logf("%s is not installed, so nothing is compared with it", program)
		return false
	}
	return true
}

// tool runs a program that is not ours.
func (b bench) tool(program string, args ...string) cost {
	b.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		b.Fatal(err)
	}
	return b.runPath(path, args...)
}

// discarding runs a program and throws away what it prints.
func (b bench) discarding(program string, args ...string) cost {
	b.Helper()
	return b.tool("sh", append([]string{"-c", `"$0" "$@" >/dev/null`, program}, args...)...)
}

// BenchmarkSubversion compares the conversion of a repository on disk, from plan
// to target, with what others take for the conversion alone, and with svnadmin
// dump --deltas, which only reads.
func BenchmarkSubversion(b *testing.B) {
	revisions, few := 20_000, 1_500
	if testing.Short() {
		revisions, few = 2_000, 300
	}
	at := newBench(b, vcsPlan)
	for _, test := range []struct {
		name      string
		revisions int
		peers     []string
	}{
		{"many", revisions, []string{"svn-all-fast-export"}},
		{"few", few, []string{"svn-all-fast-export", "git-svn"}},
	} {
		b.Run(test.name, func(b *testing.B) {
			at := at
			at.B = b
			at = at.in(vcsPlan)
			if !at.peer("svnadmin") {
				b.Skip("svnadmin is not installed")
			}
			made := svntest.Generate(svntest.Large(test.revisions))
			repo := filepath.Join(b.TempDir(), "repo")
			at.tool("svnadmin", "create", repo)
			load := exec.Command("svnadmin", "load", "--quiet", "--bypass-prop-validation", "--no-flush-to-disk", repo)
			in, err := load.StdinPipe()
			if err == nil {
				err = load.Start()
			}
			if err == nil {
				w := bufio.NewWriterSize(in, 1<<20)
				err = made.Dump(w)
				if err == nil {
					err = w.Flush()
				}
			}
			if err != nil {
				b.Fatal(err)
			}
			in.Close() // svnadmin tells what went wrong
			if err := load.Wait(); err != nil {
				b.Fatal(err)
			}
			var ours, floor cost
			peers := map[string]cost{}
			for b.Loop() {
				at := at.in(vcsPlan)
				floor.add(at.discarding("svnadmin", "dump", "--deltas", "--quiet", repo))
				ours.add(at.applyBig(repo))
				b.ReportMetric(at.packBytes(filepath.Join(at.dir, "out", "big.git"))/1e6, "MB-pack")
				for _, peer := range test.peers {
					at.convertWith(peer, repo, peers)
				}
				again := at.applyBig(repo)
				b.ReportMetric(again.wall.Seconds(), "s/again")
			}
			for peer, c := range peers {
				b.ReportMetric(ratio(c.wall, ours.wall), "x-faster-than-"+peer)
				b.ReportMetric(ratio(c.cpu, ours.cpu), "x-less-cpu-than-"+peer)
			}
			b.ReportMetric(ratio(ours.wall, floor.wall), "x/svnadmin-dump")
			b.ReportMetric(ours.wall.Seconds()/float64(b.N), "s/apply")
			at.reportMemory(ours)
		})
	}
}

// convertWith converts a Subversion repository with a peer that is installed.
func (b bench) convertWith(peer, repo string, costs map[string]cost) {
	b.Helper()
	var c cost
	switch {
	case peer == "git-svn":
		if exec.Command("git", "svn", "--version").Run() != nil {
			b.Log("git svn is not installed, so nothing is compared with it")
			return
		}
		c = b.tool("git", "svn", "clone", "--quiet", "--quiet", "--stdlayout", "file://"+repo, filepath.Join(b.dir, "git-svn"))
	case !b.peer(peer):
		return
	default:
		rules := filepath.Join(b.dir, "rules")
		text := "create repository peer\nend repository\n" +
			"match /trunk/\n  repository peer\n  branch master\nend match\n" +
			"match /branches/([^/]+)/\n  repository peer\n  branch \\1\nend match\n" +
			"match /tags/([^/]+)/\n  repository peer\n  branch refs/tags/\\1\nend match\n" +
			"match /(branches|tags)/\nend match\n"
		if err := os.WriteFile(rules, []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
		c = b.tool(peer, "--rules", rules, repo)
		b.ReportMetric(b.packBytes(filepath.Join(b.dir, "peer"))/1e6, "MB-pack-"+peer)
	}
	sum := costs[peer]
	sum.add(c)
	costs[peer] = sum
}

// BenchmarkMercurial compares the conversion of a repository on disk, and of a
// bundle, with those of others and with hg bundle, which only reads.
func BenchmarkMercurial(b *testing.B) {
	changesets := 20_000
	if testing.Short() {
		changesets = 1_000
	}
	at := newBench(b, vcsPlan)
	if !at.peer("hg") {
		b.Skip("hg is not installed")
	}
	root := b.TempDir()
	bundle, repo := filepath.Join(root, "big.hg"), filepath.Join(root, "repo")
	f, err := os.Create(bundle)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err = hgtest.Generate(w, hgtest.Size{Changesets: changesets, Files: 2_000, Seed: 1}); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	at.tool("hg", "init", repo)
	at.tool("hg", "--cwd", repo, "unbundle", "--quiet", bundle)
	for name, url := range map[string]string{"repository": repo, "bundle": bundle} {
		b.Run(name, func(b *testing.B) {
			at := at
			at.B = b
			var ours, floor, theirs cost
			for b.Loop() {
				at := at.in(vcsPlan)
				floor.add(at.discarding("hg", "--cwd", repo, "bundle", "--quiet", "--all", "-t", "none-v2", filepath.Join(at.dir, "floor.hg")))
				ours.add(at.applyBig(url))
				b.ReportMetric(at.packBytes(filepath.Join(at.dir, "out", "big.git"))/1e6, "MB-pack")
				if name == "repository" && at.peer("hg-fast-export.sh") {
					at.tool("git", "init", "--quiet", filepath.Join(at.dir, "peer"))
					theirs.add(at.tool("sh", "-c", "cd peer && hg-fast-export.sh --quiet --force -r "+repo+" >/dev/null"))
					b.ReportMetric(at.packBytes(filepath.Join(at.dir, "peer", ".git"))/1e6, "MB-pack-hg-fast-export")
				}
			}
			if theirs.wall > 0 {
				b.ReportMetric(ratio(theirs.wall, ours.wall), "x-faster-than-hg-fast-export")
				b.ReportMetric(ratio(theirs.cpu, ours.cpu), "x-less-cpu-than-hg-fast-export")
			}
			b.ReportMetric(ratio(ours.wall, floor.wall), "x/hg-bundle")
			b.ReportMetric(ours.wall.Seconds()/float64(b.N), "s/apply")
			at.reportMemory(ours)
		})
	}
}

// largeFilesPlan is vcsPlan with a decision about large files.
func largeFilesPlan() string {
	return strings.Replace(vcsPlan, `  new_name         = "big"`, `  new_name         = "big"

  large_files {
    threshold = "1MB"
    use_lfs   = "opt_in"
  }`, 1)
}

// BenchmarkConversionWithLargeFiles compares a conversion that moves large files
// to Git LFS with the same conversion without.
func BenchmarkConversionWithLargeFiles(b *testing.B) {
	const rounds = 3
	at := newBench(b, vcsPlan)
	shape := svntest.Large(3_000)
	if testing.Short() {
		shape = svntest.Large(500)
	}
	made := svntest.Generate(shape)
	var noise bytes.Buffer
	for i := range 2 << 20 {
		fmt.Fprintf(&noise, "%x", i*2654435761)
	}
	for i := range 8 {
		made.Begin(map[string]string{"svn:author": "ada", "svn:date": "2026-01-02T03:04:05.000000Z", "svn:log": "Add a photograph"})
		made.Add(fmt.Sprintf("trunk/photograph-%d", i), svntest.Edit{Text: noise.Bytes()[i<<20 : (i+3)<<20]})
	}
	dump := filepath.Join(b.TempDir(), "big.svndump")
	f, err := os.Create(dump)
	if err == nil {
		err = made.Dump(f)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	var with, without cost
	for b.Loop() {
		for range rounds {
			without.add(at.in(vcsPlan).applyBig(dump))
			with.add(at.in(largeFilesPlan()).applyBig(dump))
		}
	}
	b.ReportMetric(ratio(with.wall, without.wall), "x/without")
	b.ReportMetric(ratio(with.cpu, without.cpu), "cpu-x/without")
}
