package dump

import "io"

// OpenPlain opens a dump file for programs that read one: decompressed, and
// otherwise as it is.
func OpenPlain(path string) (io.ReadCloser, error) {
	in, err := openInput(path)
	if err != nil {
		return nil, err
	}
	return plainFile{in.r, in}, nil
}

type plainFile struct {
	io.Reader
	io.Closer
}
