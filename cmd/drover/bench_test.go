package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// The benchmarks run the programs as they are installed. They report processor
// time beside the time on the clock, because only the former is the same on a
// machine that has other things to do, and ratios to what else would have to be
// done, taken in turns in the same run.

// bench is a folder with all programs, and one to work in.
type bench struct {
	*testing.B
	bin string
	dir string
}

// newBench builds the programs. The stand-in is this test's own binary.
func newBench(b *testing.B, plan string) bench {
	b.Helper()
	bin, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for program, cgo := range map[string]string{
		"drover": "1", "drover-provider-git": "0", "drover-provider-directory": "0", "drover-provider-github": "0",
		"drover-provider-mercurial": "0", "drover-provider-subversion": "0", "drover-provider-tfvc": "0",
	} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, program), "../"+program)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("build %s: %v\n%s", program, err, out)
		}
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(bin, "drover-provider-standin"))
	}
	if err != nil {
		b.Fatal(err)
	}
	return bench{b, bin, bin}.in(plan)
}

// in is the bench with an empty folder to work in, which holds a plan.
func (b bench) in(plan string) bench {
	b.Helper()
	b.dir = b.TempDir()
	if err := os.WriteFile(filepath.Join(b.dir, "a.plan.hcl"), []byte(plan), 0o666); err != nil {
		b.Fatal(err)
	}
	return b
}

// cost is what the run of a program took, and all the programs that it ran.
type cost struct {
	wall, cpu time.Duration
	peaks     map[string]int64 // the most memory that a program had, in bytes, by name
}

func (c *cost) add(other cost) {
	c.wall += other.wall
	c.cpu += other.cpu
	if c.peaks == nil {
		c.peaks = map[string]int64{}
	}
	for name, peak := range other.peaks {
		c.peaks[name] = max(c.peaks[name], peak)
	}
}

// run runs a program to its end.
func (b bench) run(program string, args ...string) cost {
	b.Helper()
	path := filepath.Join(b.bin, program)
	if program == "git" {
		path = program
	}
	return b.runPath(path, args...)
}

// runPath runs the program at a path.
func (b bench) runPath(path string, args ...string) cost {
	b.Helper()
	cmd := exec.Command(path, args...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "HOME="+filepath.Join(b.bin, "home"), "XDG_CONFIG_HOME="+filepath.Join(b.bin, "home"), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended, peaks := make(chan struct{}), make(chan map[string]int64)
	go watchMemory(cmd.Process.Pid, ended, peaks)
	err := cmd.Wait()
	c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	close(ended)
	c.peaks = <-peaks
	if err != nil {
		b.Fatalf("%s %s: %v\n%s", path, strings.Join(args, " "), err, out.Bytes())
	}
	return c
}

// watchMemory looks every now and then at how much memory a process and its
// providers had at most. It sees nothing where there is no /proc.
func watchMemory(pid int, ended <-chan struct{}, result chan<- map[string]int64) {
	peaks := map[string]int64{}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			result <- peaks
			return
		case <-tick.C:
		}
		files, _ := filepath.Glob("/proc/[0-9]*/status") // the pattern is well formed
		for _, file := range files {
			status := readStatus(file)
			if status["Pid"] != strconv.Itoa(pid) && status["PPid"] != strconv.Itoa(pid) {
				continue
			}
			name, _ := os.Readlink(filepath.Join(filepath.Dir(file), "exe")) // gone: no name
			if args, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline")); err == nil && len(args) > 0 {
				name, _, _ = strings.Cut(string(args), "\x00")
			}
			kilobytes, _, _ := strings.Cut(status["VmHWM"], " ")
			n, _ := strconv.ParseInt(kilobytes, 10, 64) // a process that has ended has none
			peaks[filepath.Base(name)] = max(peaks[filepath.Base(name)], n<<10)
		}
	}
}

func readStatus(file string) map[string]string {
	data, _ := os.ReadFile(file) // the process may have ended
	fields := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields
}

// reportMemory reports the peaks of drover and its providers.
func (b bench) reportMemory(c cost) {
	for name, peak := range c.peaks {
		if name == "drover" || strings.HasPrefix(name, providerPrefix) {
			b.ReportMetric(float64(peak)/1e6, "MB-"+strings.TrimPrefix(name, providerPrefix))
		}
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

const gitPlan = `
variable "url" {
  type = string
}
source "git" "from" {}
target "directory" "to" {
  path = "out"
}
repository "big" {
  source           = source.git.from
  target           = target.directory.to
  vcs_url          = var.url
  target_namespace = ""
  new_name         = "big"
}
`

// BenchmarkGit compares the first apply of a repository of 20,000 commits with
// git clone --mirror of the same: as git would do it by itself and, for a
// folder, which git then links instead of reading it, with --no-local too.
func BenchmarkGit(b *testing.B) {
	const rounds = 3
	at := newBench(b, gitPlan)
	root := b.TempDir()
	commits := 20_000
	if testing.Short() {
		commits = 2_000
	}
	source := filepath.Join(root, "big.git")
	at.makeHistory(source, commits)
	libexec, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(libexec)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull},
	})
	defer server.Close()

	for _, way := range []struct{ name, url, clone string }{
		{"http", server.URL + "/big.git", "--local"},
		{"file", "file://" + source, "--local"},
		{"folder", source, "--no-local"},
	} {
		b.Run(way.name, func(b *testing.B) {
			at := at
			at.B = b
			var ours, clone, linked cost
			for b.Loop() {
				for round := range rounds {
					at := at.in(gitPlan)
					apply := func() { ours.add(at.run("drover", "apply", "--yes", "--progress", "none", "--var", "url="+way.url)) }
					if round%2 == 1 { // whoever comes second finds warm caches
						apply()
					}
					clone.add(at.run("git", "clone", "--quiet", "--mirror", way.clone, way.url, "clone"))
					if round%2 == 0 {
						apply()
					}
					if way.clone == "--no-local" {
						linked.add(at.run("git", "clone", "--quiet", "--mirror", way.url, "linked"))
					}
				}
			}
			b.ReportMetric(ratio(ours.wall, clone.wall), "x/clone")
			b.ReportMetric(ratio(ours.cpu, clone.cpu), "cpu-x/clone")
			b.ReportMetric(ours.wall.Seconds()/rounds/float64(b.N), "s/apply")
			if linked.wall > 0 {
				b.ReportMetric(ratio(ours.wall, linked.wall), "x/linking-clone")
			}
			at.reportMemory(ours)
		})
	}
}

// makeHistory makes a repository like one that people worked on for years: each
// commit changes a line in two of a thousand files, and there are branches and
// tags.
func (b bench) makeHistory(dir string, commits int) {
	b.Helper()
	b.run("git", "init", "--quiet", "--bare", dir)
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(in)
	writeHistory(w, commits)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	in.Close() // git tells what went wrong
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	b.run("git", "-C", dir, "repack", "-adfq") // as servers do
	b.run("git", "-C", dir, "pack-refs", "--all")
}

func writeHistory(w io.Writer, commits int) {
	const files, lines = 1000, 80
	random := rand.New(rand.NewPCG(1, 2))
	line := func() string {
		return fmt.Sprintf("%x %x %x %x\n", random.Uint64(), random.Uint32(), random.Uint64()%1000, random.Uint32())
	}
	contents := make([][]string, files)
	for i := 1; i <= commits; i++ {
		fmt.Fprintf(w, "commit refs/heads/main\nmark :%d\ncommitter Ada <ada%d@example.org> %d +0000\ndata 14\nchange %07d", i, i%50, 1_500_000_000+i*600, i)
		fmt.Fprintln(w)
		for range 2 {
			n := random.IntN(files)
			if contents[n] == nil {
				for range lines {
					contents[n] = append(contents[n], line())
				}
			}
			contents[n][random.IntN(lines)] = line()
			text := strings.Join(contents[n], "")
			fmt.Fprintf(w, "M 100644 inline src/d%02d/f%03d.txt\ndata %d\n%s\n", n%50, n, len(text), text)
		}
		if i%100 == 0 {
			fmt.Fprintf(w, "reset refs/tags/v%d\nfrom :%d\n\n", i/100, i)
		}
		if i%200 == 0 {
			fmt.Fprintf(w, "reset refs/heads/topic-%d\nfrom :%d\n\n", i/200, i)
		}
	}
}

const manyPlan = `
variable "list" {
  type = string
}
locals {
  repositories = { for r in csvdecode(file(var.list)) : r.name => r }
}
profile "standard" {
  lifecycle {
    on_orphan = "keep"
  }
}
source "standin" "from" {}
target "standin" "to" {
  path = "created.txt"
}
repository "acme" {
  for_each         = local.repositories
  source           = source.standin.from
  target           = target.standin.to
  profile          = profile.standard
  number           = each.value.number
  target_namespace = each.value.team
  new_name         = replace(basename(each.key), "service", "svc")
  precondition {
    condition     = length(self.new_name) < 100
    error_message = "${each.key} has too long a name."
  }
}
`

// list writes a table of n repositories into the plan's folder, and returns the
// flag that names it.
func (b bench) list(n int) string {
	b.Helper()
	var text strings.Builder
	text.WriteString("name,number,team\n")
	for i := range n {
		fmt.Fprintf(&text, "acme/service-%05d,%d,team-%d\n", i, i, i%97)
	}
	name := fmt.Sprintf("repositories-%d.csv", n)
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text.String()), 0o666); err != nil {
		b.Fatal(err)
	}
	return "--var=list=" + name
}

// BenchmarkPlan reads and plans many repositories, and tells how much more one
// of them costs than where there are 5,000.
func BenchmarkPlan(b *testing.B) {
	at := newBench(b, manyPlan)
	sizes := []int{5_000, 10_000, 20_000, 50_000}
	if testing.Short() {
		sizes = sizes[:2]
	}
	var least float64 // processor time for each of 5,000
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			at := at
			at.B = b
			list := at.list(n)
			var validate, plan cost
			for b.Loop() {
				validate.add(at.run("drover", "validate", list))
				plan.add(at.run("drover", "plan", list, "--out", "saved.json"))
			}
			each := plan.cpu.Seconds() / float64(b.N) / float64(n)
			if least == 0 {
				least = each
			}
			b.ReportMetric(validate.cpu.Seconds()/float64(b.N), "cpu-s/validate")
			b.ReportMetric(plan.cpu.Seconds()/float64(b.N), "cpu-s/plan")
			b.ReportMetric(each*1e6, "cpu-µs/resource")
			b.ReportMetric(each/least, "x/5000")
			at.reportMemory(plan)
		})
	}
}

// BenchmarkReapply applies a plan of many repositories whose ends cost nothing,
// and applies it again when there is nothing to do.
func BenchmarkReapply(b *testing.B) {
	const n = 2_000
	at := newBench(b, manyPlan)
	var first, again cost
	for b.Loop() {
		at := at.in(manyPlan)
		apply := []string{"apply", "--yes", "--progress", "none", at.list(n)}
		first.add(at.run("drover", apply...))
		again.add(at.run("drover", apply...))
	}
	b.ReportMetric(first.cpu.Seconds()*1e3/float64(b.N)/n, "cpu-ms/resource")
	b.ReportMetric(again.cpu.Seconds()*1e3/float64(b.N)/n, "cpu-ms/unchanged")
	at.reportMemory(first)
}

const recordsPlan = `
variable "records" {
  type = number
}
source "standin" "from" {}
target "directory" "to" {
  path = "out"
}
repository "big" {
  source           = source.standin.from
  target           = target.directory.to
  number           = 1
  records          = var.records
  target_namespace = ""
  new_name         = "big"
}
`

// BenchmarkRecords carries a million records from one provider's process through
// the ledger into the archive of another's, which sorts and counts them.
func BenchmarkRecords(b *testing.B) {
	n := int64(1_000_000)
	if testing.Short() {
		n = 50_000
	}
	at := newBench(b, recordsPlan)
	var all cost
	for b.Loop() {
		at := at.in(recordsPlan)
		all.add(at.run("drover", "apply", "--yes", "--progress", "none", fmt.Sprint("--var=records=", n)))
		if got := at.archived(); got != n {
			b.Fatalf("the archive holds %d of %d records", got, n)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/all.wall.Seconds(), "records/s")
	b.ReportMetric(all.cpu.Seconds()*1e6/float64(b.N)/float64(n), "cpu-µs/record")
	at.reportMemory(all)
}

// archived counts the records of the archive's only repository.
func (b bench) archived() (n int64) {
	b.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, "out", "big.records", "manifest.json"))
	var manifest struct {
		Kinds map[schema.Kind]struct {
			Count int64 `json:"count"`
		} `json:"kinds"`
	}
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range manifest.Kinds {
		n += kind.Count
	}
	return n
}
