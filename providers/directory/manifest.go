package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

const (
	// archiveFormat names the layout that docs/archive.md describes.
	archiveFormat = "drover-archive-1"

	maxManifest = 1 << 20
	maxMarker   = 4 << 10
)

// manifest is the content of manifest.json. It holds no times and nothing
// random: equal repositories have equal manifests.
type manifest struct {
	Format        string                   `json:"format"`
	Identity      string                   `json:"identity"`
	DefaultBranch string                   `json:"default_branch,omitempty"`
	ObjectFormat  string                   `json:"object_format,omitempty"`
	Kinds         map[schema.Kind]kindFile `json:"kinds"`
	Blobs         blobTotals               `json:"blobs"`
}

// kindFile describes the file with all records of a kind.
type kindFile struct {
	File   string `json:"file"`
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// blobTotals are the number and the size of the files below blobs.
type blobTotals struct {
	Count int64 `json:"count"`
	Bytes int64 `json:"bytes"`
}

// counts are the numbers of records of all kinds.
func (m *manifest) counts() map[schema.Kind]int64 {
	counts := map[schema.Kind]int64{}
	for _, kind := range schema.Kinds() {
		counts[kind] = m.Kinds[kind].Count
	}
	return counts
}

// encode returns the one way to write m.
func (m *manifest) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// parseManifest reads what encode wrote, or somebody else did.
func parseManifest(data []byte) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, manifestFault(providers.CodeInvalid, "it is not JSON of the documented form: "+err.Error())
	}
	if m.Format != archiveFormat {
		return nil, manifestFault(providers.CodeUnsupported, fmt.Sprintf("its format is %q and not %q; use the version of drover that wrote it", m.Format, archiveFormat))
	}
	if err := checkMarker(m.Identity); err != nil {
		return nil, manifestFault(providers.CodeInvalid, "its identity "+err.Error())
	}
	for kind, file := range m.Kinds {
		switch {
		case !kind.Known():
			return nil, manifestFault(providers.CodeUnsupported, fmt.Sprintf("it names the unknown kind %q; use the version of drover that wrote it", kind))
		case file.File != kindFileName(kind):
			return nil, manifestFault(providers.CodeInvalid, fmt.Sprintf("the file of kind %s is %q and not %q", kind, file.File, kindFileName(kind)))
		case file.Count < 0 || file.Bytes < 0 || !schema.IsSHA256(file.SHA256):
			return nil, manifestFault(providers.CodeInvalid, fmt.Sprintf("the numbers of kind %s make no sense", kind))
		}
	}
	if m.Kinds == nil {
		m.Kinds = map[schema.Kind]kindFile{}
	}
	return &m, nil
}

func manifestFault(code providers.Code, message string) error {
	return &providers.Error{Code: code, Op: "read manifest.json", Message: schema.Printable(message),
		Hint: "repair manifest.json, or remove it to have the archive read without"}
}

// checkMarker reports what keeps s from being stored as it is.
func checkMarker(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case len(s) > maxMarker:
		return fmt.Errorf("is longer than %d bytes", maxMarker)
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8")
	}
	return nil
}

// readManifest returns the manifest of the repository at l, or nil when there
// is none.
func readManifest(t tree, l location) (*manifest, error) {
	data, err := readSmall(t, l.manifest(), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parseManifest(data)
}

// writeManifest replaces the manifest of the repository at l. One that is the
// same already is left alone.
func writeManifest(t tree, l location, m *manifest) error {
	data, err := m.encode()
	if err != nil {
		return err
	}
	if old, err := readSmall(t, l.manifest(), maxManifest); err == nil && bytes.Equal(old, data) {
		return nil
	}
	return replaceFile(t, l.manifest(), data)
}
