package forgehttp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// errPrivate is what a connection to an address that is not public fails with.
var errPrivate = errors.New("the address is not a public one")

// viaProxy marks the context of a request that a proxy carries: the proxy may
// be private, and it alone learns the addresses of hosts.
type viaProxy struct{}

func markProxy(r *http.Request) *http.Request {
	if proxy, err := http.ProxyFromEnvironment(r); err == nil && proxy != nil {
		return r.WithContext(context.WithValue(r.Context(), viaProxy{}, true))
	}
	return r
}

// dialPublic connects to public addresses only. The check is made on the
// address that is connected to, because a name can resolve differently the
// second time.
func dialPublic(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	if ctx.Value(viaProxy{}) == nil {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !public(to.Addr()) {
				return errPrivate
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// public reports whether a stranger may send us to an address.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, reserved := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", // which lead into IPv4, or nowhere
	} {
		if netip.MustParsePrefix(reserved).Contains(a) {
			return false
		}
	}
	return true
}

// home tells whether the server itself stands at a private address: what it
// sends us to may be private too then.
type home struct {
	mu     sync.Mutex
	known  bool
	inside bool
}

func (h *home) private(ctx context.Context, host string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.known {
		return h.inside
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return false // asked again next time; until then the strict answer
	}
	h.known = true
	for _, a := range found {
		h.inside = h.inside || !public(a)
	}
	return h.inside
}
