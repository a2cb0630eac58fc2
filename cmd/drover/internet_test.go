package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// internet gives stand-ins the addresses of real servers. It is a proxy that leads
// every connection to one HTTPS server, which asks the stand-in that is behind the
// name of the host. Whoever has environ in their environment gets there.
type internet struct {
	proxy, server *httptest.Server
	roots         string // file of the server's certificate

	mu     sync.Mutex
	hosts  map[string]http.Handler
	public map[string]string // address of a stand-in -> of what it stands for
}

func newInternet(t *testing.T) *internet {
	t.Helper()
	i := &internet{hosts: map[string]http.Handler{}, public: map[string]string{}, roots: filepath.Join(t.TempDir(), "roots.pem")}
	i.server = httptest.NewUnstartedServer(i)
	i.server.TLS = &tls.Config{Certificates: []tls.Certificate{newCertificate(t, i.roots)}}
	i.server.StartTLS()
	i.proxy = httptest.NewServer(http.HandlerFunc(i.connect))
	t.Cleanup(func() { i.proxy.Close(); i.server.Close() })
	return i
}

// environ leads programs there, git among them.
func (i *internet) environ() []string {
	return []string{"HTTPS_PROXY=" + i.proxy.URL, "SSL_CERT_FILE=" + i.roots, "GIT_SSL_CAINFO=" + i.roots}
}

// add puts a stand-in behind the name of a host: what stands below path there is at
// the top of the host. Addresses of stand-ins in its answers become those of hosts;
// an import that it is asked to make is told where its source really is.
func (i *internet) add(host, standIn, path string) {
	to, err := url.Parse(standIn + path)
	if err != nil {
		panic(err) // of the test's own making
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if _, known := i.public[standIn]; !known {
		i.public[standIn] = "https://" + strings.TrimPrefix(host, "api.")
	}
	i.hosts[host] = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			if strings.HasSuffix(r.In.URL.Path, "/bulk_imports") {
				r.Out.Body, r.Out.ContentLength = i.translate(r.In.Body, false)
			}
		},
		ModifyResponse: func(r *http.Response) error {
			for _, values := range r.Header {
				for n, v := range values {
					values[n] = strings.ReplaceAll(v, to.String(), "https://"+host)
				}
			}
			if strings.Contains(r.Header.Get("Content-Type"), "json") {
				r.Body, r.ContentLength = i.translate(r.Body, true)
				r.Header.Set("Content-Length", fmt.Sprint(r.ContentLength))
			}
			return nil
		},
	}
}

// translate puts hosts in the place of stand-ins, or the other way round. What
// cannot be read to its end is cut there.
func (i *internet) translate(body io.ReadCloser, outward bool) (io.ReadCloser, int64) {
	defer body.Close()
	text, _ := io.ReadAll(body)
	i.mu.Lock()
	defer i.mu.Unlock()
	for standIn, host := range i.public {
		if !outward {
			standIn, host = host, standIn
		}
		text = bytes.ReplaceAll(text, []byte(standIn), []byte(host))
	}
	return io.NopCloser(bytes.NewReader(text)), int64(len(text))
}

// ServeHTTP is the server of all hosts.
func (i *internet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	host := i.hosts[r.Host]
	i.mu.Unlock()
	if host == nil {
		http.Error(w, "there is no host "+r.Host, http.StatusBadGateway)
		return
	}
	host.ServeHTTP(w, r)
}

// connect is the proxy.
func (i *internet) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "this proxy knows CONNECT alone", http.StatusMethodNotAllowed)
		return
	}
	to, err := net.Dial("tcp", i.server.Listener.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer to.Close()
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer from.Close()
	if _, err := io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	ended := make(chan struct{}, 2)
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // either end may go when it likes
		ended <- struct{}{}
	}
	go carry(to, from)
	go carry(from, to)
	<-ended
}

// newCertificate makes one for every host that the example names, which signs
// itself, and writes it to a file.
func newCertificate(t *testing.T, file string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"*.acme.example", "github.com", "*.github.com", "bitbucket.org", "*.bitbucket.org"},
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
