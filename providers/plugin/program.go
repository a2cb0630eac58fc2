package plugin

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

const (
	maxLine    = 64 << 10        // bytes of a printed line that are looked at
	maxStray   = 100             // lines that may come before the handshake
	strayText  = 1 << 10         // bytes that are kept of one
	drainPipes = 2 * time.Second // for a descendant that keeps our pipes open after the provider's end

	// greetingPattern is the handshake. Text that was printed without an end
	// of line may stand before it.
	greetingPattern = `1\|\d+\|(?:unix|tcp)\|[^|]+\|[a-z]+(?:\||$)`
)

// program is one run of a provider's executable. It is what go-plugin calls a
// runner.
type program struct {
	cmd   *exec.Cmd
	log   func(line string) // takes what is printed to standard output
	ended chan struct{}     // closed when the process has ended

	stdin          *os.File // held open and never written: its end tells the provider that we are gone
	stdout, stderr *os.File
	handshake      *io.PipeReader // the one line of standard output that go-plugin is to see
	handshakeEnd   *io.PipeWriter

	mu        sync.Mutex
	pid       int // 0 before the start
	reaped    bool
	killed    bool // by us
	socketDir string
	greeting  string   // the handshake, when there was one
	stray     []string // what was printed before it
}

var _ runner.Runner = (*program)(nil)

func newProgram(path string, env []string, pass []*os.File, log func(string)) *program {
	p := &program{
		cmd:   &exec.Cmd{Path: path, Args: []string{path}, Env: env, SysProcAttr: childAttributes()},
		log:   log,
		ended: make(chan struct{}),
	}
	inherit(p.cmd, pass)
	p.handshake, p.handshakeEnd = io.Pipe()
	return p
}

// Start runs the executable.
func (p *program) Start(context.Context) error {
	var files [6]*os.File // stdin, stdout and stderr, their end to read and to write
	defer closeAll(&files)
	for i := 0; i < len(files); i += 2 {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		files[i], files[i+1] = r, w
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = files[0], files[3], files[5]
	p.stdin, p.stdout, p.stderr = files[1], files[2], files[4]

	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return err
	}
	files[1], files[2], files[4] = nil, nil, nil // ours to keep
	go p.listen()
	return nil
}

func closeAll(files *[6]*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}

// run starts the process and sees it through to its end, on one thread: Linux
// sends a child its parent-death signal when the thread that made it ends.
func (p *program) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.mu.Lock()
	p.pid = p.cmd.Process.Pid
	p.mu.Unlock()
	started <- nil

	reap(p.cmd, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.killLocked()
	})
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	late := time.Now().Add(drainPipes)
	_ = p.stdout.SetReadDeadline(late)
	_ = p.stderr.SetReadDeadline(late)
	close(p.ended)
}

// listen finds the handshake among what is printed to standard output.
func (p *program) listen() {
	defer p.stdout.Close()
	defer p.handshakeEnd.Close()
	greeting := regexp.MustCompile(greetingPattern)
	lines := bufio.NewReaderSize(p.stdout, maxLine)
	for {
		line, err := readLine(lines)
		if at := greeting.FindIndex(line); at != nil && p.greet(string(line[at[0]:])) {
			line = line[:at[0]]
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			p.heard(string(text))
		}
		if err != nil {
			return
		}
	}
}

// readLine returns the next line, cut to the reader's buffer.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, more, err := r.ReadLine()
	line = bytes.Clone(line)
	for more && err == nil {
		_, more, err = r.ReadLine()
	}
	return line, err
}

// greet hands the handshake to go-plugin. It reports false for a second one.
func (p *program) greet(line string) bool {
	p.mu.Lock()
	if p.greeting != "" {
		p.mu.Unlock()
		return false
	}
	p.greeting = line
	stray := p.stray
	p.mu.Unlock()

	for _, text := range stray {
		p.log(text)
	}
	_, _ = io.WriteString(p.handshakeEnd, line+"\n") // go-plugin may have given up
	_ = p.handshakeEnd.Close()
	return true
}

// heard takes a line of standard output. One that comes before the handshake
// is kept: it may be all that tells what was started in a provider's place. A
// program that goes on and on without a handshake is none.
func (p *program) heard(line string) {
	if !p.keep(line) {
		p.log(line)
	}
}

// keep keeps a line unless the handshake has come.
func (p *program) keep(line string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.greeting != "" {
		return false
	}
	p.stray = append(p.stray, line[:min(len(line), strayText)])
	if len(p.stray) == maxStray {
		p.killed = true
		p.killLocked()
	}
	return true
}

// said returns the handshake and what came before it on standard output.
func (p *program) said() (greeting string, stray []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.greeting, p.stray
}

// Kill kills the process and its group. It does nothing when they are gone.
func (p *program) Kill(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	p.killLocked()
	return nil
}

func (p *program) killLocked() {
	if p.pid != 0 && !p.reaped {
		killGroup(p.cmd.Process)
	}
}

// abandon ends a program that did not become a provider.
func (p *program) abandon() {
	_ = p.Kill(context.Background())
	if p.ID() != "" {
		<-p.ended
	}
	_ = os.RemoveAll(p.socketDir)
}

// wasKilled reports whether the process ended by our hand. A process that had
// ended already when it was killed keeps its own status.
func (p *program) wasKilled() bool {
	<-p.ended
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.killed && p.verdict() == "signal: killed"
}

// Wait returns when the process has ended and its pipes are done with.
func (p *program) Wait(context.Context) error {
	<-p.ended
	_ = p.stdin.Close()
	_ = p.stderr.Close()
	_ = os.RemoveAll(p.socketDir)
	return nil
}

// hasEnded reports whether the process has ended.
func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// verdict says how the process ended: "exit status 2", "signal: killed".
func (p *program) verdict() string {
	<-p.ended
	return p.cmd.ProcessState.String()
}

// Stdout is the handshake, and nothing else.
func (p *program) Stdout() io.ReadCloser { return p.handshake }

// Stderr is standard error. It ends soon after the process, whoever holds it.
func (p *program) Stderr() io.ReadCloser { return p.stderr }

// Name is the path of the executable.
func (p *program) Name() string { return p.cmd.Path }

// ID is the process id, or empty when the process was not started.
func (p *program) ID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 {
		return ""
	}
	return strconv.Itoa(p.pid)
}

// Diagnose adds nothing to go-plugin's errors, which nobody gets to see.
func (p *program) Diagnose(context.Context) string { return "" }

// PluginToHost returns addresses as they are.
func (p *program) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin returns addresses as they are.
func (p *program) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
