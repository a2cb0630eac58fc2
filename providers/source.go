package providers

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"time"

	"github.com/drover-migrate/drover/schema"
)

// Part names one git repository of what people call a repository.
type Part string

// The parts.
const (
	PartCode Part = "code"
	PartWiki Part = "wiki"
)

// Source reads a source system. It changes nothing there.
//
// Every method honours the end of its context: it finishes or abandons the
// object at hand and returns within a second or two. Iterations end with the
// first error; an error of one object is a Message or Inspection, not the end.
type Source interface {
	// Discover lists repositories. Found items are in a stable order. The last
	// result has End set; a listing without one was cut off.
	Discover(ctx context.Context, query Query) iter.Seq2[Discovered, error]

	// Detect tells whether this is a source for what stands at a URL. It says
	// no, without an error, when something else or nothing stands there;
	// CodeAuth means that this is its kind of server and that credentials are
	// missing or refused, CodeInvalid that it is its kind of repository and
	// damaged.
	Detect(ctx context.Context, url string) (Detection, error)

	// Inspect tells the cheap facts about repositories, one Inspection for
	// each query, in any order. It is asked on every plan, about many at once.
	Inspect(ctx context.Context, queries []Lookup) iter.Seq2[Inspection, error]

	// ExportGit makes the bare repository at req.Dir hold exactly the refs and
	// objects of one part at the source, and returns its refs. The directory
	// may not exist yet, may hold what an earlier call left, or may be half
	// written by a call that was killed; all three end the same. Calling it
	// again reads only what is new.
	ExportGit(ctx context.Context, req ExportRequest, observe func(Progress)) (Export, error)

	// VerifyGit compares commits of an export with what the source itself
	// exports for the revisions that they stand for: paths, contents, modes,
	// links. It yields one answer for each commit that it compared; a
	// difference is an answer, not an error.
	VerifyGit(ctx context.Context, req VerifyRequest, observe func(Progress)) iter.Seq2[Verified, error]

	// Authors lists the people in the repository's history, ordered by
	// RemoteID. Cache is a folder that may hold what an earlier call left.
	Authors(ctx context.Context, repo Repo, cache string) iter.Seq2[schema.Author, error]

	// Read yields the records of one stream in a stable order, starting after
	// req.Cursor. A parent comes before its children. A checkpoint covers all
	// that came before it. The last message is an End.
	Read(ctx context.Context, req ReadRequest) iter.Seq2[Message, error]

	// OpenBlob opens a record's content. The caller closes it.
	OpenBlob(ctx context.Context, repo Repo, blob schema.Blob) (io.ReadCloser, error)

	// Budget tells how many requests the source may still be asked. It costs
	// one request at most, and none that counts.
	Budget(ctx context.Context) (Budget, error)

	// Close signs out and releases what the source holds.
	Close() error
}

// Budget is what a source's server allows in requests. The zero Budget means
// that it sets no limit.
type Budget struct {
	Limit     int64     `json:"limit,omitempty"`     // requests in a window, all credentials together
	Remaining int64     `json:"remaining,omitempty"` // of them, those left in the running window
	Resets    time.Time `json:"resets,omitzero"`     // when the next window begins
	Window    string    `json:"window,omitempty"`    // its length, as a Go duration: "1h"
}

// Repo tells a source which repository is meant.
type Repo struct {
	// Settings is an object of the attributes that the description lists for a
	// repository block, checked and with final values.
	Settings json.RawMessage `json:"settings"`

	// Identity is the permanent id that Inspect reported, or empty when it was
	// not asked yet. A source that can find a repository by it does so first,
	// so that a rename is followed.
	Identity string `json:"identity,omitempty"`
}

// Query is a question to Discover.
type Query struct {
	Kind     string          `json:"kind"`     // a key of SourceDescription.Discover
	Settings json.RawMessage `json:"settings"` // of the discover block
}

// Discovered is one result of Discover: an item, or the end.
type Discovered struct {
	Item *schema.Found `json:"item,omitempty"`
	End  *ListingEnd   `json:"end,omitempty"`

	// Throttled reports a wait for a rate limit.
	Throttled *Throttle `json:"throttled,omitempty"`
}

// ListingEnd closes a listing.
type ListingEnd struct {
	// Complete is true only when the source was read to its end.
	Complete bool `json:"complete"`

	// Problem says why a listing is not complete.
	Problem *Error `json:"problem,omitempty"`
}

// Detection is what a source finds at a URL.
type Detection struct {
	Found bool `json:"found"`

	// Choices are the projects at the URL, when there are several and one is
	// to be chosen.
	Choices []ProjectChoice `json:"choices,omitempty"`
}

// ProjectChoice is one of several projects at a URL.
type ProjectChoice struct {
	Label    string          `json:"label"`    // for people
	Settings json.RawMessage `json:"settings"` // attributes of a repository block that choose it
}

// Throttle reports that the source or target asked to wait.
type Throttle struct {
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
}

// Lookup asks about one repository.
type Lookup struct {
	ID   int    `json:"id"` // repeated in the answer
	Repo Repo   `json:"repo"`
	ETag string `json:"etag,omitempty"` // the ETag of the facts already known
}

// Inspection answers one Lookup: with Facts, with Unchanged when the ETag still
// holds, or with a Problem.
type Inspection struct {
	ID        int    `json:"id"`
	Facts     *Facts `json:"facts,omitempty"`
	Unchanged bool   `json:"unchanged,omitempty"`
	Problem   *Error `json:"problem,omitempty"`
}

// Facts is what a source tells of a repository without reading it.
type Facts struct {
	Identity string `json:"identity"`  // permanent id; survives a rename
	FullName string `json:"full_name"` // as people write it at the source
	Name     string `json:"name"`      // what the target's repository is called by default; empty when the source suggests nothing
	URL      string `json:"url,omitempty"`

	Parts         []Part            `json:"parts"`
	Refs          map[string]string `json:"refs,omitempty"`      // of the code: ref name to object id
	WikiRefs      map[string]string `json:"wiki_refs,omitempty"` // of the wiki, when the source tells them
	DefaultBranch string            `json:"default_branch,omitempty"`
	ObjectFormat  string            `json:"object_format,omitempty"` // sha1, sha256
	GitBytes      int64             `json:"git_bytes,omitempty"`

	// Counts are the numbers of records by kind, where the source knows them
	// cheaply.
	Counts map[schema.Kind]int64 `json:"counts,omitempty"`

	// Streams holds a validator for each stream: equal validators mean that
	// nothing in the stream changed. A stream without one is read every time.
	Streams map[string]string `json:"streams,omitempty"`

	Requests   int64  `json:"requests,omitempty"` // estimate for a full read
	Visibility string `json:"visibility,omitempty"`

	// LastNumber is the highest number that an issue, change or discussion has
	// or had, where they share one sequence; 0 when not known. What is missing
	// below it was deleted.
	LastNumber int64 `json:"last_number,omitempty"`

	// LastNumbers are the highest numbers of issues, changes and discussions, each
	// kind by itself; nil when not known. A kind that has none is left out.
	LastNumbers map[schema.Kind]int64 `json:"last_numbers,omitempty"`

	// Files is the number of files of a gist; 0 for everything else.
	Files int64 `json:"files,omitempty"`

	// Largest are, of several gists that are migrated as one, those with the most
	// files, the most first: at most MaxLargest, and none with a single file.
	Largest []Sized `json:"largest,omitempty"`

	ETag string `json:"etag,omitempty"` // validator of all of this

	// GitETag is a validator of the git data alone, of a source that knows its refs
	// only when it has read them. Empty: ETag serves for that.
	GitETag string `json:"git_etag,omitempty"`
}

// Sized is a gist with the number of its files.
type Sized struct {
	Name  string `json:"name"` // as people write it at the source
	URL   string `json:"url,omitempty"`
	Files int64  `json:"files"`
}

// MaxLargest bounds Facts.Largest.
const MaxLargest = 100

// ExportRequest asks for one part's git data.
type ExportRequest struct {
	Repo Repo   `json:"repo"`
	Part Part   `json:"part"`
	Dir  string `json:"dir"` // absolute
}

// RevisionsFile is the name of a file that ExportGit leaves in the directory
// when commits are not what the source has: it tells which commit stands for
// which revision. Each line is REVISION, COMMIT and BRANCH with a tab between
// them, in the order of the source; none of the three holds a control
// character. A revision that touched several branches has several lines. A later
// export adds lines and changes none.
const RevisionsFile = "drover-revisions"

// BooksFile is the name of an empty file that ExportGit leaves in the directory
// when the repository holds objects that no ref leads to and that are the
// converter's own business. Targets then take what refs lead to and nothing else.
const BooksFile = "drover-books"

// Export is what ExportGit left in the directory.
type Export struct {
	Refs          map[string]string `json:"refs"`
	DefaultBranch string            `json:"default_branch,omitempty"` // a full ref name
	ObjectFormat  string            `json:"object_format,omitempty"`

	// LFS counts Git LFS objects: those that the history names (Source), and
	// those found under DIR/lfs/objects (Fetched).
	LFS schema.Count `json:"lfs,omitzero"`

	// Failed lists what could not be brought, such as an LFS object that the
	// source no longer has.
	Failed []ItemFailed `json:"failed,omitempty"`

	// Losses lists what the source holds and git cannot, or holds in another
	// form.
	Losses []schema.Loss `json:"losses,omitempty"`
}

// VerifyRequest asks for an export to be compared with its source.
type VerifyRequest struct {
	Repo Repo   `json:"repo"`
	Part Part   `json:"part"`
	Dir  string `json:"dir"` // what ExportGit filled; it is not changed

	// Every asks for all commits. Otherwise the tips of branches and tags are
	// compared.
	Every bool `json:"every,omitempty"`
}

// Verified is the comparison of one commit.
type Verified struct {
	Ref      string `json:"ref,omitempty"`      // when it is the tip of one
	Revision string `json:"revision,omitempty"` // of the source
	Commit   string `json:"commit"`
	Files    int64  `json:"files"` // compared

	Differences []GitDifference `json:"differences,omitempty"`
}

// GitDifference is a path at which a commit is not what the source has.
type GitDifference struct {
	Path    string `json:"path"`
	Problem string `json:"problem"` // as a sentence can end: "is missing", "has other contents"
}

// Progress is a step forward in a long call.
type Progress struct {
	Phase     string    `json:"phase"` // counting, receiving, writing, ...
	Done      int64     `json:"done"`
	Total     int64     `json:"total,omitempty"` // 0 when not known
	Unit      string    `json:"unit,omitempty"`  // objects, bytes, commits
	Throttled *Throttle `json:"throttled,omitempty"`
}

// ReadRequest asks for one stream.
type ReadRequest struct {
	Repo   Repo          `json:"repo"`
	Stream string        `json:"stream"`
	Kinds  []schema.Kind `json:"kinds,omitempty"` // only these; empty: all of the stream
	Cursor schema.Cursor `json:"cursor,omitempty"`

	// Since is the Next of the last reading that came to its end. A source then
	// yields only what was added, edited or deleted after it, or all of it
	// when it cannot tell. Empty: everything is wanted.
	Since schema.Cursor `json:"since,omitempty"`

	// Keys, when not empty, asks for these records alone, in any order, with
	// neither checkpoints nor counts; one that is gone is left out. Only
	// streams that pick are asked so.
	Keys []schema.Key `json:"keys,omitempty"`
}

// Message is one result of Read. Exactly one field is set.
type Message struct {
	Record     *schema.Record `json:"record,omitempty"`
	Checkpoint *schema.Cursor `json:"checkpoint,omitempty"` // everything before it has been yielded
	Failed     *ItemFailed    `json:"failed,omitempty"`     // an object that exists and could not be read
	Gone       *schema.Key    `json:"gone,omitempty"`       // an object that the source says was deleted
	Throttled  *Throttle      `json:"throttled,omitempty"`

	// Kept is a record that stands alone, is known since an earlier reading and
	// has not changed, nor has anything that belongs to it.
	Kept *schema.Key `json:"kept,omitempty"`

	// Whole is a record that stands alone, all of whose children were yielded
	// in this reading: others that an earlier one yielded are gone.
	Whole *schema.Key `json:"whole,omitempty"`

	// Loss is something that the source holds and that no record can carry,
	// such as the value of a secret. It is yielded in every reading.
	Loss *schema.Loss `json:"loss,omitempty"`

	End *StreamEnd `json:"end,omitempty"`
}

// StreamEnd closes a stream.
type StreamEnd struct {
	// Counts are the objects that the source holds, by kind, whether read in
	// this call or before its cursor. After a reading with Since, kinds that the
	// source cannot count cheaply are left out.
	Counts map[schema.Kind]int64 `json:"counts"`

	// Complete is true when the call began at the empty cursor or resumed one
	// that did, so that an object which was neither yielded nor kept is gone.
	Complete bool `json:"complete"`

	// Next is what the next reading may give as Since. Empty: the source can
	// only be read as a whole.
	Next schema.Cursor `json:"next,omitempty"`
}

// ItemFailed is an object that could not be read.
type ItemFailed struct {
	Key     schema.Key `json:"key"`
	Title   string     `json:"title,omitempty"`
	URL     string     `json:"url,omitempty"`
	Problem *Error     `json:"problem"`
}

// UnimplementedSource refuses everything with CodeUnsupported. Embed it to
// implement part of Source.
type UnimplementedSource struct{}

func (UnimplementedSource) Discover(context.Context, Query) iter.Seq2[Discovered, error] {
	return func(yield func(Discovered, error) bool) { yield(Discovered{}, Unsupported("discover")) }
}

func (UnimplementedSource) Detect(context.Context, string) (Detection, error) {
	return Detection{}, nil
}

func (UnimplementedSource) Inspect(context.Context, []Lookup) iter.Seq2[Inspection, error] {
	return func(yield func(Inspection, error) bool) { yield(Inspection{}, Unsupported("inspect")) }
}

func (UnimplementedSource) ExportGit(context.Context, ExportRequest, func(Progress)) (Export, error) {
	return Export{}, Unsupported("export git data")
}

func (UnimplementedSource) VerifyGit(context.Context, VerifyRequest, func(Progress)) iter.Seq2[Verified, error] {
	return func(yield func(Verified, error) bool) { yield(Verified{}, Unsupported("verify git data")) }
}

func (UnimplementedSource) Authors(context.Context, Repo, string) iter.Seq2[schema.Author, error] {
	return func(yield func(schema.Author, error) bool) { yield(schema.Author{}, Unsupported("list authors")) }
}

func (UnimplementedSource) Read(context.Context, ReadRequest) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) { yield(Message{}, Unsupported("read records")) }
}

func (UnimplementedSource) OpenBlob(context.Context, Repo, schema.Blob) (io.ReadCloser, error) {
	return nil, Unsupported("open a blob")
}

func (UnimplementedSource) Budget(context.Context) (Budget, error) { return Budget{}, nil }

func (UnimplementedSource) Close() error { return nil }
