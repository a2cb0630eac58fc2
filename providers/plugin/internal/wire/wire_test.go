package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/drover-migrate/drover/providers"
	pb "github.com/drover-migrate/drover/providers/plugin/providerpb"
	"github.com/drover-migrate/drover/schema"
)

func TestStatus(t *testing.T) {
	full := &providers.Error{
		Code: providers.CodeRateLimited, Op: "list", Subject: "caf\xe9", Message: "m\xff", Hint: "h", Attribute: "a",
		Until: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
	}
	wrapped := *full
	wrapped.Op, wrapped.Subject, wrapped.Message = "", "", "page 3: list of caf\xe9: m\xff"
	tests := []struct {
		name string
		err  error
		want *providers.Error
		code codes.Code
	}{
		{"full", full, full, codes.ResourceExhausted},
		{"wrapped", fmt.Errorf("page 3: %w", full), &wrapped, codes.ResourceExhausted},
		{"foreign", errors.New("plain"), &providers.Error{Code: providers.CodeInternal, Message: "plain"}, codes.Internal},
		{"without a message", &providers.Error{Code: providers.CodeAuth, Err: errors.New("cause")}, &providers.Error{Code: providers.CodeAuth, Message: "cause"}, codes.Unauthenticated},
		{"unknown code", &providers.Error{Code: "strange", Message: "m"}, &providers.Error{Code: providers.CodeInternal, Message: "m"}, codes.Internal},
		{"long", &providers.Error{Code: providers.CodeDenied, Message: strings.Repeat("x", 2*maxText)},
			&providers.Error{Code: providers.CodeDenied, Message: strings.Repeat("x", maxText) + "…"}, codes.PermissionDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Status(tt.err)
			if got := status.Code(err); got != tt.code {
				t.Errorf("status %s, want %s", got, tt.code)
			}
			// As it arrives, after another round of encoding.
			if diff := cmp.Diff(tt.want, FromStatus(err), cmpopts.IgnoreFields(providers.Error{}, "Err")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if err := Status(nil); err != nil {
		t.Errorf("Status(nil) = %v", err)
	}
	for _, err := range []error{nil, errors.New("x"), status.Error(codes.Internal, "x")} {
		if e := FromStatus(err); e != nil {
			t.Errorf("FromStatus(%v) = %v", err, e)
		}
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	for _, code := range []providers.Code{
		providers.CodeAuth, providers.CodeNotFound, providers.CodeDenied, providers.CodeInvalid, providers.CodeConflict,
		providers.CodeUnsupported, providers.CodeRateLimited, providers.CodeUnavailable, providers.CodeInternal,
	} {
		c, ok := statusCode(code)
		if !ok {
			t.Errorf("%s has none", code)
			continue
		}
		// Without details a rate limit cannot be told from a refused message.
		if got := CodeOfStatus(status.Error(c, "")); got != code && code != providers.CodeRateLimited {
			t.Errorf("%s comes back as %s", code, got)
		}
	}
}

func TestSplit(t *testing.T) {
	var keys []*pb.Key
	for i := range 5000 {
		keys = append(keys, &pb.Key{Kind: "issue", Id: []byte(strings.Repeat("x", i%1000))})
	}
	keys[2500].Id = make([]byte, 2*MaxBatch)
	var all []*pb.Key
	runs := Split(keys)
	for _, run := range runs {
		if size := proto.Size(&pb.ReadRequest{Keys: run}); size > MaxBatch && len(run) > 1 {
			t.Errorf("a run of %d keys has %d bytes", len(run), size)
		}
		all = append(all, run...)
	}
	if len(all) != len(keys) || len(runs) > 8 {
		t.Errorf("%d keys in %d runs, want %d in a few", len(all), len(runs), len(keys))
	}
	if got := Split([]*pb.Key(nil)); got != nil {
		t.Errorf("Split(nil) = %v", got)
	}
}

func record() *pb.Record {
	return EncodeRecord(&schema.Record{Kind: schema.KindIssue, ID: "1", Revision: "r", Body: json.RawMessage(`{}`)})
}

// TestRefusals gives decoders what must not get through.
func TestRefusals(t *testing.T) {
	refs := func(n int, name string) []*pb.GitRef {
		var list []*pb.GitRef
		for i := range n {
			list = append(list, &pb.GitRef{Name: fmt.Appendf(nil, "%s%d", name, i), Object: "o"})
		}
		return list
	}
	tests := []struct {
		name   string
		decode func() error
		says   string
	}{
		{"a key without an id", func() error { _, err := DecodeKey(&pb.Key{Kind: "issue"}); return err }, "without a kind or an id"},
		{"no key", func() error { _, err := DecodeKey(nil); return err }, "without a kind or an id"},
		{"a long id", func() error { _, err := DecodeKey(&pb.Key{Kind: "issue", Id: make([]byte, maxName+1)}); return err }, "an id of 4097 bytes"},
		{"a long kind", func() error {
			_, err := DecodeKey(&pb.Key{Kind: strings.Repeat("k", maxWord+1), Id: []byte("1")})
			return err
		}, "a kind of 65 bytes"},
		{"a record that is not fit", func() error { r := record(); r.Revision = nil; _, err := DecodeRecord(r); return err }, "no revision"},
		{"a record with a bad parent", func() error { r := record(); r.Parent = &pb.Key{}; _, err := DecodeRecord(r); return err }, "issue 1 has a parent with a key without"},
		{"a record after too many", func() error {
			r := record()
			r.After = make([]*pb.Key, schema.MaxAfter+1)
			_, err := DecodeRecord(r)
			return err
		}, "more than 64 records"},
		{"an empty message", func() error { _, err := DecodeMessage(&pb.Message{}); return err }, "does not know"},
		{"an empty result", func() error { _, err := DecodeDiscovered(&pb.Discovered{}); return err }, "does not know"},
		{"a found repository that is not JSON", func() error {
			_, err := DecodeDiscovered(&pb.Discovered{Result: &pb.Discovered_Item{Item: []byte("{")}})
			return err
		}, "a found repository that is not its JSON"},
		{"a negative count", func() error { _, err := DecodeCounts(map[string]int64{"issue": -1}); return err }, "negative count"},
		{"too many counts", func() error {
			m := make(map[string]int64)
			for i := range maxTable + 1 {
				m[fmt.Sprint(i)] = 1
			}
			_, err := DecodeCounts(m)
			return err
		}, "counts of 65 kinds"},
		{"an answer in another", func() error {
			var s Inspections
			if _, _, err := s.Add(&pb.Inspection{Id: 1, More: true}); err != nil {
				return err
			}
			_, _, err := s.Add(&pb.Inspection{Id: 2, Unchanged: true})
			return err
		}, "answer 2 in the middle of answer 1"},
		{"an empty answer", func() error { var s Inspections; _, _, err := s.Add(&pb.Inspection{}); return err }, "nothing in it"},
		{"a standing in another", func() error {
			var s Standings
			if _, _, err := s.Add(&pb.Standing{Id: 1, More: true}); err != nil {
				return err
			}
			_, _, err := s.Add(&pb.Standing{Id: 2})
			return err
		}, "answer 2 in the middle of answer 1"},
		{"a ref twice", func() error {
			var s Exports
			_, _, err := s.Add(&pb.Export{Refs: append(refs(1, "r"), refs(1, "r")...)})
			return err
		}, `the ref "r0" twice`},
		{"a ref without an object", func() error {
			var s Pushes
			_, _, err := s.Add(&pb.Pushed{Refs: []*pb.GitRef{{Name: []byte("r")}}})
			return err
		}, "without a name or an object"},
		{"refs without end", func() error {
			var s Exports
			for i := range 100 {
				if _, _, err := s.Add(&pb.Export{More: true, Refs: refs(1000, fmt.Sprintf("%d/%s", i, strings.Repeat("r", 1000)))}); err != nil {
					return err
				}
			}
			return nil
		}, "an answer of more than 67108864 bytes"},
		{"failures without end", func() error {
			var s Pushes
			failed := &pb.ItemFailed{Key: &pb.Key{Kind: "ref", Id: make([]byte, 4000)}}
			for range 100_000 {
				if _, _, err := s.Add(&pb.Pushed{More: true, Failed: []*pb.ItemFailed{failed}}); err != nil {
					return err
				}
			}
			return nil
		}, "an answer of more than 67108864 bytes"},
		{"a push without its start", func() error { var s PushRequests; _, _, err := s.Request(); return err }, "without its start"},
		{"a push started twice", func() error {
			var s PushRequests
			start := &pb.PushRequest{Step: &pb.PushRequest_Start{Start: &pb.PushStart{}}}
			return errors.Join(s.Add(start), s.Add(start))
		}, "a second start"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.decode()
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

// FuzzDecode reads bytes as every message that a provider sends. What decodes
// must be within bounds, and must survive another trip.
func FuzzDecode(f *testing.F) {
	seed := func(m proto.Message) {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	cursor := schema.Cursor("c")
	for _, m := range []providers.Message{
		{Record: &schema.Record{
			Kind: schema.KindIssue, ID: "1", Revision: "1", Body: json.RawMessage(`{}`), Parent: &schema.Key{Kind: "issue", ID: "2"},
			After: []schema.Key{{Kind: "issue", ID: "3"}}, Blob: &schema.Blob{ID: "b", Size: 3},
		}},
		{Checkpoint: &cursor},
		{Failed: &providers.ItemFailed{Key: schema.Key{Kind: "ref", ID: "r"}, Problem: &providers.Error{Code: "auth", Until: time.Unix(1, 2)}}},
		{Gone: &schema.Key{Kind: "issue", ID: "1"}},
		{Throttled: &providers.Throttle{Reason: "r"}},
		{Kept: &schema.Key{Kind: "issue", ID: "1"}},
		{Whole: &schema.Key{Kind: "issue", ID: "1"}},
		{Loss: &schema.Loss{Code: "c", Message: "m", Count: 1}},
		{End: &providers.StreamEnd{Counts: map[schema.Kind]int64{"issue": 1}, Next: "n"}},
	} {
		encoded, err := EncodeMessage(m)
		if err != nil {
			f.Fatal(err)
		}
		seed(encoded)
	}
	seed(&pb.Inspection{Id: 1, Refs: []*pb.GitRef{{Name: []byte("r"), Object: "o"}}, Facts: &pb.Facts{Identity: []byte("i"), Parts: []string{"code"}}})
	seed(&pb.Standing{Id: 1, Exists: true, WikiRefs: []*pb.GitRef{{Name: []byte("r"), Object: "o"}}})
	seed(&pb.JobStatus{Job: []byte(`{"id":"1","state":"queued"}`), Entities: [][]byte{[]byte(`{"id":1}`)}, Failures: [][]byte{[]byte(`{"step":"loader"}`)}})
	seed(&pb.ImportRequest{Source: "github", Secrets: map[string][]byte{"token": []byte("x")}, Place: &pb.Place{Name: []byte("n")}})
	seed(&pb.Export{Failed: []*pb.ItemFailed{{Key: &pb.Key{Kind: "ref", Id: []byte("r")}}}})
	seed(&pb.Discovered{Result: &pb.Discovered_Item{Item: []byte(`{"identity":"1"}`)}})

	f.Fuzz(func(t *testing.T, b []byte) {
		var message pb.Message
		if proto.Unmarshal(b, &message) == nil {
			if m, err := DecodeMessage(&message); err == nil {
				checkMessage(t, m)
			}
		}
		var inspection pb.Inspection
		if proto.Unmarshal(b, &inspection) == nil {
			var s Inspections
			if i, done, err := s.Add(&inspection); err == nil && done {
				var again Inspections
				var got providers.Inspection
				if err := EncodeInspection(i, func(m *pb.Inspection) (err error) { got, _, err = again.Add(m); return err }); err != nil {
					t.Errorf("decoded, but not again: %v", err)
				}
				equal(t, i, got)
			}
		}
		var standing pb.Standing
		if proto.Unmarshal(b, &standing) == nil {
			var s Standings
			if v, done, err := s.Add(&standing); err == nil && done {
				var again Standings
				var got providers.Standing
				if err := EncodeStanding(v, func(m *pb.Standing) (err error) { got, _, err = again.Add(m); return err }); err != nil {
					t.Errorf("decoded, but not again: %v", err)
				}
				equal(t, v, got)
			}
		}
		var status pb.JobStatus
		if proto.Unmarshal(b, &status) == nil {
			var s Statuses
			if err := s.Add(&status); err == nil {
				var again Statuses
				if err := EncodeStatus(s.Status, again.Add); err != nil {
					t.Errorf("decoded, but not again: %v", err)
				}
				equal(t, s.Status, again.Status)
			}
		}
		var request pb.ImportRequest
		if proto.Unmarshal(b, &request) == nil {
			if r, err := DecodeImport(&request); err == nil {
				again, err := DecodeImport(EncodeImport("session", r))
				if err != nil {
					t.Errorf("decoded, but not again: %v", err)
				}
				equal(t, r, again)
			}
		}
		var export pb.Export
		if proto.Unmarshal(b, &export) == nil {
			_, _, _ = new(Exports).Add(&export)
		}
		var discovered pb.Discovered
		if proto.Unmarshal(b, &discovered) == nil {
			_, _ = DecodeDiscovered(&discovered)
		}
	})
}

func checkMessage(t *testing.T, m providers.Message) {
	if m.Record != nil {
		if err := m.Record.Check(); err != nil {
			t.Errorf("an unfit record got through: %v", err)
		}
	}
	encoded, err := EncodeMessage(m)
	if err != nil {
		t.Fatalf("decoded to what cannot be encoded: %v", err)
	}
	b, err := proto.Marshal(encoded)
	if err != nil {
		t.Fatalf("decoded to what cannot be sent: %v", err)
	}
	var again pb.Message
	if err := proto.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	got, err := DecodeMessage(&again)
	if err != nil {
		t.Fatalf("decoded, but not again: %v", err)
	}
	equal(t, m, got)
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("another trip changed it (-want +got):\n%s", diff)
	}
}
