package main

import (
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// mayMount reports whether scripts can mount a small disk, which root can.
func mayMount() bool {
	dir, err := os.MkdirTemp("", "mount-*")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	if exec.Command("mount", "-t", "tmpfs", "none", dir).Run() != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
}

// smalldisk DIR SIZE: DIR becomes a disk of this size, until the script ends.
func smallDisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: smalldisk DIR SIZE")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o777))
	ts.Check(ts.Exec("mount", "-t", "tmpfs", "-o", "size="+args[1], "none", dir))
	ts.Defer(func() { unmount(dir) })
}

// fill FILE [KEEP]: fills the disk with a file, up to KEEP bytes.
func fillDisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: fill FILE [KEEP]")
	}
	keep := int64(0)
	if len(args) == 2 {
		var err error
		keep, err = strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	page := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(page)
	}
	size, err := f.Seek(0, io.SeekEnd)
	ts.Check(err)
	ts.Check(f.Truncate(max(size-keep, 0)))
}

// readonly DIR: DIR cannot be written, not even by root, until "! readonly DIR"
// or the end of the script.
func readOnly(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] readonly DIR")
	}
	dir := ts.MkAbs(args[0])
	if neg {
		ts.Check(unmount(dir))
		return
	}
	ts.Check(ts.Exec("mount", "--bind", dir, dir))
	ts.Defer(func() { unmount(dir) })
	ts.Check(ts.Exec("mount", "-o", "remount,bind,ro", dir))
}

func unmount(dir string) error { return exec.Command("umount", dir).Run() }

// poke FILE OFFSET HEX: overwrites bytes of a file.
func poke(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: poke FILE OFFSET HEX")
	}
	offset, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	data, err := hex.DecodeString(args[2])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	defer f.Close()
	_, err = f.WriteAt(data, offset)
	ts.Check(err)
}

// shorten FILE SIZE: cuts a file off.
func shorten(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shorten FILE SIZE")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// hostile DIR: makes folders and files whose names nobody should trust.
func hostile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hostile DIR")
	}
	dir := ts.MkAbs(args[0])
	for _, name := range []string{"-rf", "new\nline", "red\x1b[31m", "ad\u043cin", "right\u202eleft", "--upload-pack=touch owned"} {
		makeRepoAt(ts, filepath.Join(dir, name), 1)
	}
}

// mayOpenTerminal reports whether this machine has pseudo-terminals: some
// containers do not.
func mayOpenTerminal() bool {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
