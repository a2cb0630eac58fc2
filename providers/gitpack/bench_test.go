package gitpack_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/drover-migrate/drover/providers/gitpack"
)

// versions returns n versions of a file of about size bytes, each with the
// delta from the one before.
func versions(n, size int) (texts, deltas [][]byte) {
	data := text(1, size/37)
	for i := range n {
		texts = append(texts, data)
		at := (i * 7919) % len(data)
		change := fmt.Appendf(nil, "change %d\n", i)
		next := append(append(append([]byte{}, data[:at]...), change...), data[min(at+len(change), len(data)):]...)
		d := gitpack.NewDelta(int64(len(data)), int64(len(next)))
		d.Copy(0, int64(at))
		d.Insert(change)
		d.Copy(int64(min(at+len(change), len(data))), int64(len(next)-at-len(change)))
		deltas = append(deltas, d.Bytes())
		data = next
	}
	return texts, deltas
}

func BenchmarkPutDelta(b *testing.B) {
	for _, size := range []int{400, 4 << 10, 40 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			texts, deltas := versions(2000, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; n < b.N; {
				b.StopTimer()
				dir := bare(b)
				w := writer(b, nil, dir)
				b.StartTimer()
				base := put(b)(w.Put(gitpack.Blob, texts[0]))
				for i := 1; i < len(texts) && n < b.N; i++ {
					base = put(b)(w.PutDelta(gitpack.Blob, texts[i], base, deltas[i-1]))
					n++
				}
			}
		})
	}
}

func BenchmarkPutAgainst(b *testing.B) {
	for _, size := range []int{400, 4 << 10, 40 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			texts, _ := versions(2000, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; n < b.N; {
				b.StopTimer()
				w := writer(b, nil, bare(b))
				b.StartTimer()
				base := put(b)(w.Put(gitpack.Blob, texts[0]))
				for i := 1; i < len(texts) && n < b.N; i++ {
					base = put(b)(w.PutAgainst(gitpack.Blob, texts[i], base, texts[i-1]))
					n++
				}
			}
		})
	}
}

func BenchmarkPutWhole(b *testing.B) {
	texts, _ := versions(2000, 4<<10)
	b.SetBytes(4 << 10)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		b.StopTimer()
		w := writer(b, nil, bare(b))
		b.StartTimer()
		for i := 0; i < len(texts) && n < b.N; i++ {
			put(b)(w.Put(gitpack.Blob, texts[i]))
			n++
		}
	}
}

// BenchmarkWrite200k is the load of a conversion: small objects with given
// deltas, and the end of the pack.
func BenchmarkWrite200k(b *testing.B) {
	texts, deltas := versions(10_000, 2<<10)
	for b.Loop() {
		b.StopTimer()
		w := writer(b, nil, bare(b))
		b.StartTimer()
		bytes := 0
		for file := range 20 {
			mark := fmt.Appendf(nil, "%08d", file)
			var base gitpack.ID
			for i, data := range texts {
				copy(data, mark) // the delta copies it
				bytes += len(data)
				if i == 0 {
					base = put(b)(w.Put(gitpack.Blob, data))
					continue
				}
				base = put(b)(w.PutDelta(gitpack.Blob, data, base, deltas[i-1]))
			}
		}
		b.SetBytes(int64(bytes))
		b.ReportMetric(float64(w.Size())/float64(w.Len()), "pack-bytes/object")
		finish(b, w)
	}
}

// readable returns a repository with n commits, trees and blobs each.
func readable(b *testing.B, n int) string {
	b.Helper()
	dir := bare(b)
	w := writer(b, nil, dir)
	history(b, w, n)
	finish(b, w)
	return dir
}

func BenchmarkObjects300k(b *testing.B) {
	dir := readable(b, 100_000)
	s := open(b, dir)
	for b.Loop() {
		n := 0
		for _, err := range s.Objects() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n < 299_000 {
			b.Fatalf("%d objects", n)
		}
	}
}

func BenchmarkReadCommits(b *testing.B) {
	dir := readable(b, 50_000)
	s := open(b, dir)
	var ids []gitpack.ID
	var names strings.Builder
	for e, err := range s.Objects() {
		if err != nil {
			b.Fatal(err)
		}
		if e.Kind == gitpack.Commit {
			ids = append(ids, e.ID)
			fmt.Fprintln(&names, e.ID)
		}
	}
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, id := range ids {
				if _, _, err := s.Read(id); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("git", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.CommandContext(b.Context(), "git", "-C", dir, "cat-file", "--batch", "--buffer")
			cmd.Stdin = strings.NewReader(names.String())
			out, err := cmd.StdoutPipe()
			if err != nil {
				b.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, bufio.NewReaderSize(out, 1<<20)); err != nil {
				b.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkReadBlobs(b *testing.B) {
	dir := readable(b, 20_000)
	s := open(b, dir)
	var ids []gitpack.ID
	for e, err := range s.Objects() {
		if err != nil {
			b.Fatal(err)
		}
		if e.Kind == gitpack.Blob {
			ids = append(ids, e.ID)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, id := range ids {
			if _, _, err := s.Read(id); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkApplyDelta(b *testing.B) {
	texts, deltas := versions(2, 40<<10)
	b.SetBytes(int64(len(texts[1])))
	for b.Loop() {
		got, err := gitpack.ApplyDelta(texts[0], deltas[0])
		if err != nil || !bytes.Equal(got, texts[1]) {
			b.Fatal(err)
		}
	}
}
