package svnserver

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// modules is where Debian keeps Apache's.
const modules = "/usr/lib/apache2/modules"

// Web says how Apache serves.
type Web struct {
	Access

	// Digest asks for digest instead of basic authentication.
	Digest bool

	// Version1 hides the second version of Subversion's HTTP protocol, as
	// servers before 1.7 do.
	Version1 bool

	// Directives are added to the location of the repositories.
	Directives string
}

// Apache serves the repositories in the folder root until the test is over,
// and returns the URL of the folder.
func Apache(t testing.TB, root string, web Web) string {
	t.Helper()
	program := find(t, "apache2")
	for _, name := range []string{"dav", "dav_svn", "authz_svn", "authz_core", "authn_core", "authn_file", "authz_user", "access_compat", "auth_basic", "auth_digest", "mpm_event"} {
		if _, err := os.Stat(module(name)); err != nil {
			t.Skipf("apache2 has no module %s", name)
		}
	}
	share(t, root)
	const tries = 3 // another program may take the port that we found free
	for try := 1; ; try++ {
		url, err := startApache(t, program, root, web)
		if err == nil {
			return url
		}
		if try == tries {
			t.Fatal(err)
		}
	}
}

// share lets Apache read the folder of a test. Run by root, it serves as
// another user.
func share(t testing.TB, dir string) {
	t.Helper()
	temp := filepath.Clean(os.TempDir()) + string(filepath.Separator)
	for ; os.Geteuid() == 0 && strings.HasPrefix(dir, temp); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func module(name string) string { return filepath.Join(modules, "mod_"+name+".so") }

func startApache(t testing.TB, program, root string, web Web) (string, error) {
	t.Helper()
	address, err := freePort()
	if err != nil {
		return "", err
	}
	dir := t.TempDir()
	share(t, dir)
	var stderr bytes.Buffer
	cmd := exec.Command(program, "-DFOREGROUND", "-d", dir, "-f", write(t, dir, "apache.conf", web.configuration(t, dir, root, address)))
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its end is what counts
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
	})
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return "http://" + address + "/svn", nil
		}
		select {
		case <-ended:
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			return "", fmt.Errorf("apache2 did not start: %s%s", stderr.Bytes(), log)
		case <-t.Context().Done():
			return "", t.Context().Err()
		case <-poll.C:
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (w Web) configuration(t testing.TB, dir, root, address string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ServerName localhost\nListen %s\nPidFile %s/pid\nErrorLog %s/error.log\nTimeout 60\nMaxKeepAliveRequests 0\nKeepAlive On\n", address, dir, dir)
	if os.Geteuid() == 0 {
		b.WriteString("User #65534\nGroup #65534\n")
	}
	for _, name := range []string{"mpm_event", "authn_core", "authz_core", "authn_file", "authz_user", "access_compat", "auth_basic", "auth_digest", "deflate", "filter", "dav", "dav_svn", "authz_svn"} {
		if _, err := os.Stat(module(name)); err == nil {
			fmt.Fprintf(&b, "LoadModule %s_module %s\n", name, module(name))
		}
	}
	fmt.Fprintf(&b, "<Location /svn>\nDAV svn\nSVNParentPath %s\nSVNAllowBulkUpdates On\n", root)
	if w.Version1 {
		b.WriteString("SVNAdvertiseV2Protocol Off\n")
	}
	if w.Authz != "" {
		fmt.Fprintf(&b, "AuthzSVNAccessFile %s\n", write(t, dir, "authz", w.Authz))
	} else {
		b.WriteString("SVNPathAuthz Off\n")
	}
	b.WriteString(w.authentication(t, dir))
	b.WriteString(w.Directives)
	b.WriteString("\n</Location>\n")
	return b.String()
}

// authentication says who may sign in and how.
func (w Web) authentication(t testing.TB, dir string) string {
	if w.Users == nil {
		return "Require all granted\n"
	}
	var passwords strings.Builder
	for _, name := range slices.Sorted(maps.Keys(w.Users)) {
		if w.Digest {
			sum := md5.Sum([]byte(name + ":test:" + w.Users[name]))
			fmt.Fprintf(&passwords, "%s:test:%s\n", name, hex.EncodeToString(sum[:]))
			continue
		}
		sum := sha1.Sum([]byte(w.Users[name]))
		fmt.Fprintf(&passwords, "%s:{SHA}%s\n", name, base64.StdEncoding.EncodeToString(sum[:]))
	}
	kind := "Basic"
	if w.Digest {
		kind = "Digest"
	}
	text := "AuthType " + kind + "\nAuthName test\nAuth" + kind + "Provider file\nAuthUserFile " + write(t, dir, "users", passwords.String()) + "\n"
	if w.NoAnonymous {
		return text + "Require valid-user\n"
	}
	return text + "Satisfy Any\nRequire valid-user\n"
}
