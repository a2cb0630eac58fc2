// Package cmdserver has one process of hg carry out many commands: starting hg
// takes longer than most of them. It is a client of hg serve --cmdserver pipe, and
// knows nothing of what the commands are for.
//
// https://wiki.mercurial-scm.org/CommandServer
package cmdserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Server is one process of hg. It carries out one command after the other, and is
// not for several goroutines at once.
type Server struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     io.Reader
}

// maxFrame bounds what hg may say in one piece.
const maxFrame = 64 << 20

// Arguments make an hg that serves; they stand after its global options.
func Arguments() []string { return []string{"serve", "--cmdserver", "pipe"} }

// Start starts hg, whose arguments end with [Arguments]. The command's input and
// output become the server's.
func Start(hg *exec.Cmd) (*Server, error) {
	s := &Server{process: hg}
	var err error
	if s.in, err = hg.StdinPipe(); err != nil {
		return nil, err
	}
	if s.out, err = hg.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := hg.Start(); err != nil {
		return nil, err
	}
	if _, err := s.frames(io.Discard, io.Discard, true); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Run carries out one command and returns its exit code. What the writers refuse is
// dropped. After an error the server is of no use any more.
func (s *Server) Run(stdout, stderr io.Writer, args ...string) (code int32, err error) {
	request := strings.Join(args, "\x00")
	message := append([]byte("runcommand\n"), binary.BigEndian.AppendUint32(nil, uint32(len(request)))...)
	if _, err := s.in.Write(append(message, request...)); err != nil {
		return 0, fmt.Errorf("ask hg: %w", err)
	}
	return s.frames(stdout, stderr, false)
}

// frames reads what the server says until it answers; greeting says that its
// first words are all.
func (s *Server) frames(stdout, stderr io.Writer, greeting bool) (code int32, err error) {
	for {
		var header [5]byte
		if _, err := io.ReadFull(s.out, header[:]); err != nil {
			return 0, fmt.Errorf("hg ended without an answer: %w", err)
		}
		n := int64(binary.BigEndian.Uint32(header[1:]))
		if n > maxFrame {
			return 0, fmt.Errorf("hg answers with a piece of %d bytes", n)
		}
		to := io.Discard
		switch header[0] {
		case 'o':
			to = stdout
		case 'e':
			to = stderr
		case 'r':
			var answer [4]byte
			if _, err := io.ReadFull(s.out, answer[:]); err != nil || n != int64(len(answer)) {
				return 0, fmt.Errorf("hg ended inside an answer: %w", err)
			}
			return int32(binary.BigEndian.Uint32(answer[:])), nil
		case 'I', 'L': // it wants input, and there is none
			if _, err := s.in.Write(make([]byte, 4)); err != nil {
				return 0, fmt.Errorf("answer hg: %w", err)
			}
			continue
		default:
			if header[0] >= 'A' && header[0] <= 'Z' {
				return 0, fmt.Errorf("hg answers through an unknown channel %q", header[0])
			}
		}
		// What nobody reads any more must be read nevertheless, up to the answer.
		if _, err := io.CopyN(forgiving{to}, s.out, n); err != nil {
			return 0, fmt.Errorf("hg ended inside an answer: %w", err)
		}
		if greeting {
			return 0, nil
		}
	}
}

// forgiving pretends that all was written.
type forgiving struct{ io.Writer }

func (f forgiving) Write(p []byte) (int, error) {
	f.Writer.Write(p)
	return len(p), nil
}

// Close ends the process.
func (s *Server) Close() error {
	err := s.in.Close() // ends the server
	if wait := s.process.Wait(); err == nil {
		err = wait
	}
	return err
}
