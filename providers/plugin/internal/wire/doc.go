// Package wire translates between the contract in providers and the messages
// in providerpb. It does no I/O; both ends of the process boundary use it.
//
// Whatever was decoded is within bounds: a decoder refuses, and says why, what
// is too long, malformed or unknown. Encoders accept everything that Go can
// hold and cut what only a person would read.
//
// # Why
//
// Refs of a large repository exceed what one message should hold, so four
// answers are split over several messages. The Encode function of such an
// answer hands the messages to a send function, and a type in the plural
// (Inspections, Standings) or the name of the answer (Exports, Pushes) puts
// them together again within a budget.
package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

// Limits of the wire.
const (
	// MaxMessage is what both sides accept: one record of the largest size,
	// with room for what surrounds it.
	MaxMessage = 20 << 20

	// MaxBatch is what a message that holds a list may have, unless a single
	// element is larger.
	MaxBatch = 1 << 20

	// Chunk is how much of a stream travels at once.
	Chunk = 256 << 10

	// ChunkItems is how many elements of a stream travel at once.
	ChunkItems = 500
)

const (
	maxAnswer = 64 << 20 // bytes of refs and failures of one answer
	maxText   = 8 << 10  // bytes of a text that only a person reads
	maxName   = 4 << 10  // bytes of a ref name, a path's component, a marker
	maxWord   = 64       // bytes of a kind, a part, a code
	maxTable  = 64       // entries of a table by kind or stream
)

// text makes s fit for a protobuf string, which must be UTF-8.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// human returns s, cut to what a person would read.
func human(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// word returns s when it is short enough for a word of the protocol.
func word(what, s string) (string, error) {
	if len(s) > maxWord {
		return "", fmt.Errorf("%s of %d bytes; the limit is %d", what, len(s), maxWord)
	}
	return s, nil
}

// name returns b when it is short enough for a name.
func name(what string, b []byte) (string, error) {
	if len(b) > maxName {
		return "", fmt.Errorf("%s of %d bytes; the limit is %d", what, len(b), maxName)
	}
	return string(b), nil
}

func encodeTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func decodeTime(t *timestamppb.Timestamp) time.Time {
	if t == nil || t.CheckValid() != nil {
		return time.Time{}
	}
	return t.AsTime()
}

// EncodeCounts returns counts as the wire has them.
func EncodeCounts(counts map[schema.Kind]int64) map[string]int64 {
	m := make(map[string]int64, len(counts))
	for kind, n := range counts {
		m[text(string(kind))] = n
	}
	return m
}

// DecodeCounts is the inverse of EncodeCounts.
func DecodeCounts(m map[string]int64) (map[schema.Kind]int64, error) {
	if len(m) == 0 {
		return nil, nil
	}
	if len(m) > maxTable {
		return nil, fmt.Errorf("counts of %d kinds; the limit is %d", len(m), maxTable)
	}
	counts := make(map[schema.Kind]int64, len(m))
	for kind, n := range m {
		if _, err := word("a kind", kind); err != nil {
			return nil, err
		}
		if n < 0 {
			return nil, fmt.Errorf("the negative count %d of %s", n, schema.Printable(kind))
		}
		counts[schema.Kind(kind)] = n
	}
	return counts, nil
}

func encodeCount(c schema.Count) *pb.Count {
	if c == (schema.Count{}) {
		return nil
	}
	return &pb.Count{Source: c.Source, Fetched: c.Fetched, Imported: c.Imported, Skipped: c.Skipped, Failed: c.Failed}
}

func decodeCount(m *pb.Count) schema.Count {
	return schema.Count{
		Source: m.GetSource(), Fetched: m.GetFetched(), Imported: m.GetImported(),
		Skipped: m.GetSkipped(), Failed: m.GetFailed(),
	}
}

// DecodeJSON reads b, which may have at most MaxBatch bytes, into v. Nothing
// is read from an empty b.
func DecodeJSON(what string, b []byte, v any) error {
	if len(b) > MaxBatch {
		return fmt.Errorf("%s of %d bytes; the limit is %d", what, len(b), MaxBatch)
	}
	if len(b) == 0 {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s that is not its JSON: %w", what, err)
	}
	return nil
}
