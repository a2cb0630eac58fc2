package plugin

import (
	"context"
	"log/slog"
	"os"
	"strconv"
)

// hostVariables are what a provider gets to see of Drover's environment: where
// things are, and how to reach the network. All else, the secrets of a CI job
// above all, stays here.
func hostVariables() []string {
	return []string{
		"HOME", "TMPDIR", "PATH", "LANG",
		"SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "SVN_SSH",
		"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
		"http_proxy", "https_proxy", "all_proxy", "no_proxy",
	}
}

// environment is what a provider is started with, besides what go-plugin adds.
func environment(o *Options) []string {
	var env []string
	for _, name := range hostVariables() {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, o.Env...)
	level := slog.LevelInfo
	if o.Log.Enabled(context.Background(), slog.LevelDebug) {
		level = slog.LevelDebug
	}
	return append(env, logLevelKey+"="+level.String(), inheritKey+"="+strconv.Itoa(len(o.Inherit)))
}
