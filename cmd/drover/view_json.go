package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/drover-migrate/drover/engine"
	"github.com/drover-migrate/drover/schema"
)

// jsonFormat is the version of the JSON output. Its first number changes when a
// reader of the old form would go wrong; new types and new fields are no such
// change. The form is described in docs/json-output.schema.json.
const jsonFormat = "1.0"

// jsonWriter writes JSON objects, one a line, each with a "type" and a
// "message" for people. The first line names the version. It may be used by
// several goroutines at once.
type jsonWriter struct {
	mu      sync.Mutex
	w       io.Writer
	version string
	begun   bool
}

func newJSONWriter(w io.Writer, version string) *jsonWriter {
	return &jsonWriter{w: w, version: version}
}

// line writes one object: the members of fields, which must become a JSON
// object without "type" and "message", between the two.
func (j *jsonWriter) line(kind, message string, fields any) error {
	text, err := jsonLine(kind, message, fields)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.begin(); err != nil {
		return err
	}
	_, err = j.w.Write(text)
	return err
}

// start writes the first line and nothing else.
func (j *jsonWriter) start() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.begin()
}

// begin writes the first line, once.
func (j *jsonWriter) begin() error {
	if j.begun {
		return nil
	}
	j.begun = true
	first, err := jsonLine("version", "drover "+shown(j.version), map[string]string{"format": jsonFormat, "drover": j.version})
	if err != nil {
		return err
	}
	_, err = j.w.Write(first)
	return err
}

func jsonLine(kind, message string, fields any) ([]byte, error) {
	body, err := compactJSON(fields)
	if err != nil {
		return nil, fmt.Errorf("write a %s line: %w", kind, err)
	}
	members, ok := bytes.CutPrefix(body, []byte("{"))
	members, ok2 := bytes.CutSuffix(members, []byte("}"))
	if !ok || !ok2 {
		return nil, fmt.Errorf("write a %s line: its fields are not an object", kind)
	}
	first, err := compactJSON(kind)
	if err != nil {
		return nil, err
	}
	last, err := compactJSON(message)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{append([]byte(`"type":`), first...)}
	if len(members) > 0 {
		parts = append(parts, members)
	}
	parts = append(parts, append([]byte(`"message":`), last...))
	line := append([]byte("{"), bytes.Join(parts, []byte(","))...)
	return append(visible(line), "}\n"...), nil
}

func compactJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// visible writes as escapes the characters that would act on a terminal,
// mislead a reader of the raw lines, or start a command of a CI system. A
// program reads the same text.
func visible(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for len(line) > 0 {
		r, size := utf8.DecodeRune(line)
		if isPlain(r) && !bytes.HasPrefix(line, []byte("##")) {
			out = append(out, line[:size]...)
		} else {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		}
		line = line[size:]
	}
	return out
}

func isPlain(r rune) bool {
	return r >= ' ' && r < 0x7f || r > 0x7f && schema.Printable(string(r)) == string(r)
}

// failure writes the error that a command ended with.
func (j *jsonWriter) failure(text string, exit int) error {
	return j.line("error", shown(text), struct {
		Exit int `json:"exit"`
	}{exit})
}

// diagnostics writes a line for each finding.
func (j *jsonWriter) diagnostics(list []schema.Diagnostic) error {
	for _, d := range list {
		if err := j.line("diagnostic", shown(d.Summary), d); err != nil {
			return err
		}
	}
	return nil
}

// plan writes a line for each change, each finding, and the summary.
func (j *jsonWriter) plan(c *engine.Changeset) error {
	for i := range c.Changes {
		change := &c.Changes[i]
		if err := j.line("change", actionWord(change.Action)+" "+nameOf(change), newChangeLine(change)); err != nil {
			return err
		}
	}
	if err := j.diagnostics(findingsOf(c)); err != nil {
		return err
	}
	return j.line("summary", planLine(c), summaryLine{c.Summary, c.Plan, c.State, c.Options.Overrides, c.Digest})
}

// event writes what happened during an apply.
func (j *jsonWriter) event(e engine.Event) error {
	return j.line(e.Name(), eventMessage(e), e)
}

// changeLine is a change as the JSON output has it: all of it but the wanted
// settings and the findings, which have lines of their own.
type changeLine struct {
	Address  schema.Address          `json:"address"`
	Action   engine.Action           `json:"action"`
	Reasons  []engine.Reason         `json:"reasons,omitempty"`
	Steps    []engine.Step           `json:"steps,omitempty"`
	From     schema.Address          `json:"from,omitempty"`
	Base     int64                   `json:"base"`
	Identity string                  `json:"identity,omitempty"`
	FullName string                  `json:"full_name,omitempty"`
	URL      string                  `json:"url,omitempty"`
	Place    engine.Place            `json:"place"`
	Was      *engine.Place           `json:"was,omitempty"`
	Adopt    *engine.Adopted         `json:"adopt,omitempty"`
	Source   engine.SourceFacts      `json:"source,omitzero"`
	Target   engine.TargetFacts      `json:"target,omitzero"`
	Refs     engine.RefChanges       `json:"refs,omitzero"`
	People   *engine.People          `json:"people,omitempty"`
	Rewrites *engine.Rewrites        `json:"rewrites,omitempty"`
	Large    *engine.LargeFileReport `json:"large_files,omitempty"`
	Imports  bool                    `json:"imports,omitempty"`
	Notices  []string                `json:"notices,omitempty"`
	Degraded []string                `json:"degraded,omitempty"`
	Findings []string                `json:"findings,omitempty"` // their codes
	At       *schema.Range           `json:"at,omitempty"`       // the block that declares it
}

func newChangeLine(c *engine.Change) changeLine {
	line := changeLine{
		Address: c.Address, Action: c.Action, Reasons: c.Reasons, Steps: c.Steps, From: c.From, Base: c.Base,
		Identity: c.Identity, FullName: c.FullName, URL: c.URL, Place: c.Place, Was: c.Was, Adopt: c.Adopt,
		Source: c.Source, Target: c.Target, Refs: c.Refs, People: c.People, Rewrites: c.Rewrites, Large: c.LargeFiles,
		Imports: c.Imports, Notices: c.Notices, Degraded: c.Degraded,
	}
	for _, d := range c.Findings {
		line.Findings = append(line.Findings, d.Code)
	}
	if c.Resource != nil && !c.Resource.Range.IsZero() {
		line.At = &c.Resource.Range
	}
	return line
}

type summaryLine struct {
	engine.Summary
	Plan      engine.PlanRef    `json:"plan"`
	State     schema.StateInfo  `json:"state"`
	Overrides []engine.Override `json:"overrides,omitempty"`
	Digest    string            `json:"digest"`
}
