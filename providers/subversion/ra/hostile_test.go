package ra

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/providers/subversion/remote"
	"github.com/drover-migrate/drover/providers/subversion/svn"
)

// fake is a server that says the same to everybody, or to each connection what
// is next.
type fake struct {
	url   string
	heard chan string // what the client said on each connection that has ended
}

// serve answers the n-th connection with the n-th of says, and all after the
// last with the last. URL in what it says becomes the address.
func serve(t *testing.T, says ...string) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{url: "svn://" + l.Addr().String() + "/r", heard: make(chan string, 64)}
	root := quote(f.url)
	var served sync.WaitGroup
	served.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			say := strings.ReplaceAll(says[min(n, len(says)-1)], "URL", root)
			served.Go(func() { f.talk(c, say) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		served.Wait()
	})
	return f
}

// talk says all at once and then listens until the client hangs up, or until
// it has said "BYE", hangs up itself.
func (f *fake) talk(c net.Conn, say string) {
	defer c.Close()
	say, bye := strings.CutSuffix(say, "BYE")
	if _, err := io.WriteString(c, say); err != nil {
		return
	}
	if bye { // after what the client says first, or its system would reset the connection
		_ = c.(*net.TCPConn).CloseWrite()
	}
	said, _ := io.ReadAll(c) // fails when the client hangs up early
	f.heard <- string(said)
}

const (
	greeting = "( success ( 2 2 ( ) ( edit-pipeline svndiff1 ) ) ) "
	noAuth   = "( success ( ( ) 0: ) ) "
	hello    = greeting + noAuth + "( success ( 4:uuid URL ( ) ) ) "
	welcome  = hello + noAuth + "( success ( 5 ) ) " + noAuth + "( success ( dir ) ) "

	rev1 = "( revprops ( ( 7:svn:log 2:hi ) ) ) ( target-rev ( 1 ) ) ( open-root ( ( 0 ) 2:d0 ) ) ( add-file ( 1:a 2:d0 2:c1 ( ) ) ) " +
		"( apply-textdelta ( 2:c1 ( ) ) ) ( textdelta-chunk ( 2:c1 4:SVN\x00 ) ) ( textdelta-end ( 2:c1 ) ) ( close-file ( 2:c1 ( ) ) ) ( close-dir ( 2:d0 ) ) ( finish-replay ( ) ) "
	rev2 = "( revprops ( ) ) ( target-rev ( 2 ) ) ( open-root ( ( 1 ) 2:d0 ) ) ( delete-entry ( 1:a ( 1 ) 2:d0 ) ) ( close-dir ( 2:d0 ) ) ( finish-replay ( ) ) "
)

func openFake(t *testing.T, f *fake, options remote.Options) (*Repository, error) {
	t.Helper()
	options.URL, options.Scratch = f.url, t.TempDir()
	r, err := newRepository(options)
	if err != nil {
		t.Fatal(err)
	}
	r.retry.Pause = func(context.Context, time.Duration) error { return nil }
	t.Cleanup(func() { r.Close() })
	return r, r.failure("open repository", r.open(t.Context()))
}

func TestHostileGreeting(t *testing.T) {
	for _, test := range []struct {
		name, say string
		code      providers.Code
		message   string
	}{
		{"ssh", "SSH-2.0-OpenSSH_9.2\r\n", providers.CodeInvalid, "cannot be understood"},
		{"web", "HTTP/1.1 400 Bad Request\r\n\r\n", providers.CodeInvalid, "cannot be understood"},
		{"nothing", "BYE", providers.CodeUnavailable, "connection failed"},
		{"version 3", "( success ( 3 4 ( ) ( ) ) ) ", providers.CodeInvalid, "speaks versions 3 to 4"},
		{"ten gigabytes", greeting + noAuth + "( success ( 10000000000:x", providers.CodeInvalid, "10000000000 bytes"},
		{"endless number", "( success ( " + strings.Repeat("9", 100), providers.CodeInvalid, "too large"},
		{"endless word", "( " + strings.Repeat("a", 1000), providers.CodeInvalid, "too long"},
		{"endless depth", strings.Repeat("( ", 1000), providers.CodeInvalid, "cannot be understood"},
		{"endless depth to skip", "( success ( 2 2 " + strings.Repeat("( ", 1000), providers.CodeInvalid, "too deep"},
		{"another host", greeting + noAuth + "( success ( 4:uuid 21:svn://evil.example/r/ ( ) ) ) ", providers.CodeInvalid, "evil.example"},
		{"another folder", greeting + noAuth + "( success ( 4:uuid 30:svn+ssh://127.0.0.1/repository ( ) ) ) ", providers.CodeInvalid, "not where it was asked for"},
		{"escape sequences", greeting + "( failure ( ( 210005 10:\x1b[2Jno\r\n\x07! 0: 0 ) ) ) ", providers.CodeNotFound, `\x1b[2Jno \a!`},
		{"failure without errors", greeting + "( failure ( ) ) ", providers.CodeUnavailable, "without saying which"},
		{"outer error says less", greeting + "( failure ( ( 210000 3:cmd 0: 0 ) ( 170001 2:no 0: 0 ) ) ) ", providers.CodeAuth, "no"},
		{"only unknown mechanisms", greeting + "( success ( ( GSSAPI X-1 ) 0: ) ) ", providers.CodeUnsupported, "GSSAPI, X-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openFake(t, serve(t, test.say), remote.Options{})
			if e := providers.AsError(err); e == nil || e.Code != test.code || !strings.Contains(e.Message, test.message) {
				t.Errorf("got %#v, want %s: %s", e, test.code, test.message)
			}
		})
	}
}

func TestDetectOthers(t *testing.T) {
	for say, want := range map[string]bool{"HTTP/1.1 400 Bad Request\r\n\r\n": false, "SSH-2.0-OpenSSH_9.2\r\n": false, welcome: true} {
		found, err := Detect(t.Context(), remote.Options{URL: serve(t, say).url})
		if found != want || err != nil {
			t.Errorf("%q: Detect = %t, %v", say, found, err)
		}
	}
}

// Connections that the server ended while nobody used them do not count as
// tries.
func TestIdleConnectionsAge(t *testing.T) {
	f := serve(t, welcome+"BYE", hello+noAuth+"( success ( 7 ) ) ")
	r, err := openFake(t, f, remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		c, err := dial(t.Context(), r.session, &r.options, r.meter)
		if err != nil {
			t.Fatal(err)
		}
		c.decoder = newDecoder(strings.NewReader("")) // the server has hung up
		r.keep(c)
	}
	if got, err := r.Latest(t.Context()); got != 7 || err != nil {
		t.Errorf("latest = %d, %v, want 7", got, err)
	}
}

func TestMechanisms(t *testing.T) {
	for _, test := range []struct {
		name, mechanisms string
		private          bool
		user             string
		want             string
		code             providers.Code
	}{
		{"anonymous is enough", "ANONYMOUS CRAM-MD5", false, "", "( ANONYMOUS ( 0: ) )", ""},
		{"who has a name uses it", "ANONYMOUS CRAM-MD5", false, "me", "( CRAM-MD5 ( ) )", ""},
		{"or does without", "ANONYMOUS", false, "me", "( ANONYMOUS ( 0: ) )", ""},
		{"plain in private", "PLAIN", true, "me", "( PLAIN ( 16:AG1lAHMzY3JldA== ) )", ""},
		{"plain in public", "PLAIN", false, "me", "", providers.CodeUnsupported},
		{"never plain first", "PLAIN CRAM-MD5", true, "me", "( CRAM-MD5 ( ) )", ""},
		{"external without ssh", "EXTERNAL", true, "me", "", providers.CodeUnsupported},
		{"nothing to say", "CRAM-MD5 PLAIN", true, "", "", providers.CodeAuth},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent bytes.Buffer
			c := talking("( success ( ( "+test.mechanisms+" ) 0: ) ) ( success ( ) ) ", &sent)
			c.options, c.private = &remote.Options{Username: test.user, Password: "s3cret"}, test.private
			if err := c.authorize(); providers.CodeOf(err) != test.code {
				t.Errorf("error = %v, want %q", err, test.code)
			}
			if got := strings.TrimSpace(sent.String()); got != test.want {
				t.Errorf("sent %q, want %q", got, test.want)
			}
		})
	}
}

func TestReplayFaults(t *testing.T) {
	const begin = "( revprops ( ) ) ( target-rev ( 1 ) ) ( open-root ( ( 0 ) 2:d0 ) ) "
	file := begin + "( add-file ( 1:a 2:d0 2:c1 ( ) ) ) "
	for _, test := range []struct{ name, say, message string }{
		{"path upwards", begin + "( add-dir ( 7:../evil 2:d0 2:d1 ( ) ) ) ", `r1: ../evil: the path has a part ".."`},
		{"path with an escape", begin + "( delete-entry ( 3:a\x1bb ( ) 2:d0 ) ) ( add-dir ( 5:a//\x1bb 2:d0 2:d1 ( ) ) ) ", "empty part"},
		{"copy from the future", begin + "( add-dir ( 1:a 2:d0 2:d1 ( 1:b 1 ) ) ) ", "r1, which does not come before"},
		{"copy from outside", begin + "( add-dir ( 1:a 2:d0 2:d1 ( 5:/../b 0 ) ) ) ", "copied from a path that cannot be"},
		{"root deleted", begin + "( delete-entry ( 0: ( ) 2:d0 ) ) ", "root cannot be deleted"},
		{"unknown token", begin + "( change-dir-prop ( 2:d9 1:x ( ) ) ) ", "not open"},
		{"token used twice", file + "( add-file ( 1:b 2:d0 2:c1 ( ) ) ) ", "same name"},
		{"text of a folder", begin + "( apply-textdelta ( 2:d0 ( ) ) ) ", "a directory is given a text"},
		{"two texts", file + "( apply-textdelta ( 2:c1 ( ) ) ) ( textdelta-end ( 2:c1 ) ) ( apply-textdelta ( 2:c1 ( ) ) ) ", "two texts"},
		{"chunk before text", file + "( textdelta-chunk ( 2:c1 1:x ) ) ", "before its beginning"},
		{"file without end of text", file + "( apply-textdelta ( 2:c1 ( ) ) ) ( close-file ( 2:c1 ( ) ) ) ", "ends before its text"},
		{"checksum of another kind", file + "( close-file ( 2:c1 ( 4:abcd ) ) ) ", "32 hexadecimal digits"},
		{"file closed as folder", file + "( close-dir ( 2:c1 ) ) ", "not open"},
		{"unknown command", begin + "( run ( 2:id ) ) ", `"run" is no command`},
		{"failure in between", begin + "( abort-edit ( ) ) ( failure ( ( 160004 7:corrupt 0: 0 ) ) ) ", "the server says: corrupt"},
		{"failure at once", "( failure ( ( 170001 2:no 0: 0 ) ) ) ", "the server says: no"},
		{"success too early", "( success ( ) ) ", "instead of the properties of r1"},
		{"property of a gigabyte", begin + "( change-dir-prop ( 2:d0 1:x ( 1000000000:x", "1000000000 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := openFake(t, serve(t, welcome+noAuth+test.say), remote.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for revision, err := range r.Revisions(t.Context(), 1, 1) {
				if err == nil {
					t.Fatalf("read %+v", revision)
				}
				if e := providers.AsError(err); !strings.Contains(e.Message, test.message) || e.Code == providers.CodeInternal || e.Op != "read revisions" {
					t.Errorf("got %#v, want %s", e, test.message)
				}
			}
		})
	}
}

// A server that breaks off is asked for the rest, wherever that happens.
func TestResume(t *testing.T) {
	whole := noAuth + rev1 + rev2 + "( success ( ) ) "
	for cut := len(noAuth); cut < len(whole); cut += 7 {
		rest := hello + noAuth + rev1 + rev2 + "( success ( ) ) "
		if cut >= len(noAuth)+len(rev1) {
			rest = hello + noAuth + rev2 + "( success ( ) ) "
		}
		f := serve(t, welcome+whole[:cut]+"BYE", rest)
		r, err := openFake(t, f, remote.Options{})
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		var got []string
		for revision, err := range r.Revisions(t.Context(), 1, 2) {
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			for _, n := range revision.Nodes {
				got = append(got, n.Action.String()+" "+n.Path)
			}
			revision.Close()
		}
		if diff := cmp.Diff([]string{"add a", "delete a"}, got); diff != "" {
			t.Errorf("cut at %d (-want +got):\n%s", cut, diff)
		}
	}
}

func TestGivesUp(t *testing.T) {
	f := serve(t, welcome+noAuth+"BYE", hello+noAuth+"BYE")
	r, err := openFake(t, f, remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pauses := 0
	r.retry.Pause = func(context.Context, time.Duration) error {
		pauses++
		return nil
	}
	for _, err := range r.Revisions(t.Context(), 1, 2) {
		if providers.CodeOf(err) != providers.CodeUnavailable {
			t.Errorf("a server that always breaks off gives %v", err)
		}
	}
	if pauses != 3 {
		t.Errorf("it was asked again %d times, want 3", pauses)
	}
}

// A context ends what waits for a silent server.
func TestCancel(t *testing.T) {
	r, err := openFake(t, serve(t, welcome+noAuth+rev1), remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for revision, err := range r.Revisions(ctx, 1, 2) {
		if last = err; err == nil {
			revision.Close()
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("error = %v, want that of the context", last)
	}
}

// A wrong checksum shows where the text is built.
func TestChecksum(t *testing.T) {
	lie := strings.Replace(rev1, "( close-file ( 2:c1 ( ) ) )", "( close-file ( 2:c1 ( 32:"+strings.Repeat("ab", 16)+" ) ) )", 1)
	r, err := openFake(t, serve(t, welcome+noAuth+lie+"( success ( ) ) "), remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for revision, err := range r.Revisions(t.Context(), 1, 1) {
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := revision.Nodes[0].Text.Apply(nil); !errors.Is(err, svn.ErrChecksum) {
			t.Errorf("applying a text with a wrong checksum gives %v", err)
		}
		revision.Close()
	}
}

// The password never crosses the line, and no other host is told anything.
func TestPasswordStays(t *testing.T) {
	f := serve(t, greeting+"( success ( ( CRAM-MD5 ) 1:x ) ) ( step ( 8:<1@host> ) ) ( failure ( 3:bad ) ) ")
	_, err := openFake(t, f, remote.Options{Username: "me", Password: "s3cret"})
	if providers.CodeOf(err) != providers.CodeAuth {
		t.Errorf("error = %v, want %s", err, providers.CodeAuth)
	}
	if heard := <-f.heard; strings.Contains(heard, "s3cret") || !strings.Contains(heard, ":me ") {
		t.Errorf("the server heard %q", heard)
	}
}
