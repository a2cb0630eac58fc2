package plugin

import (
	"context"
	"errors"
	"slices"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
)

// protocol is the newest version of the protocol, drover.provider.v1.
const protocol = 1

// protocols lists the versions that this build speaks, at both ends: the
// newest and the one before it.
func protocols() []int { return []int{protocol} }

const (
	cookieKey   = "DROVER_PROVIDER_COOKIE"
	cookieValue = "6d0f7a1c1e8c4b9a8f8f0a53c1b7c2de"

	logLevelKey = "DROVER_LOG_LEVEL" // the least level that the engine wants logged
	inheritKey  = "DROVER_INHERIT"   // how many descriptors from 3 on the provider holds for the engine

	socketDirKey = goplugin.EnvUnixSocketDir
	service      = "provider" // the only plugin of a set
)

func handshake() goplugin.HandshakeConfig {
	return goplugin.HandshakeConfig{MagicCookieKey: cookieKey, MagicCookieValue: cookieValue}
}

// pluginSets offers every version of protocols. The server is nil at the
// engine's end.
func pluginSets(s *server) map[int]goplugin.PluginSet {
	sets := make(map[int]goplugin.PluginSet)
	for _, version := range protocols() {
		sets[version] = goplugin.PluginSet{service: &connector{server: s}}
	}
	return sets
}

// speaks reports whether this build speaks a version.
func speaks(version int) bool { return slices.Contains(protocols(), version) }

// connector ties the services of the protocol to go-plugin.
type connector struct {
	goplugin.NetRPCUnsupportedPlugin
	server *server
}

// GRPCServer registers the services at the provider's end.
func (c *connector) GRPCServer(_ *goplugin.GRPCBroker, r *grpc.Server) error {
	if c.server == nil {
		return errors.New("this end serves nothing")
	}
	pb.RegisterProviderServer(r, c.server)
	if c.server.provider.OpenSource != nil {
		pb.RegisterSourceServer(r, &sourceServer{server: c.server})
	}
	if c.server.provider.OpenTarget != nil {
		pb.RegisterTargetServer(r, &targetServer{server: c.server})
	}
	return nil
}

// GRPCClient returns the connection itself; the three clients share it.
func (c *connector) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return conn, nil
}
