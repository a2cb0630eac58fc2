package plugin

import (
	"io"
	"log/slog"
)

// newProviderLog returns the logger of a provider: JSON lines with the keys
// that hclog, and so every host of go-plugin, reads.
func newProviderLog(w io.Writer, level string) *slog.Logger {
	least := slog.LevelInfo
	_ = least.UnmarshalText([]byte(level)) // absent or unknown: info
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: least,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				return slog.String("@timestamp", a.Value.Time().Format("2006-01-02T15:04:05.000000Z07:00"))
			case slog.LevelKey, slog.MessageKey:
				a.Key = "@" + map[string]string{slog.LevelKey: "level", slog.MessageKey: "message"}[a.Key]
			}
			return a
		},
	}))
}
