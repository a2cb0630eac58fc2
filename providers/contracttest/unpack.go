package contracttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// Unpack returns a text that may be packed with gzip, as descriptions of a megabyte
// are kept.
func Unpack(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("unpack the API description: %w", err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("unpack the API description: %w", err)
	}
	return text, nil
}
