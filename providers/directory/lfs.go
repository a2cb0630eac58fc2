package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/drover-migrate/drover/providers"
	"github.com/drover-migrate/drover/schema"
)

// lfsResult is what became of a repository's Git LFS objects.
type lfsResult struct {
	count  schema.Count
	failed []providers.ItemFailed
}

// takeLFS brings the Git LFS objects of the repository in the folder from into
// the one in the folder to. Every object that is new there is read once and
// must have the digest it is named by.
func takeLFS(ctx context.Context, to, from string, observe func(providers.Progress)) (lfsResult, error) {
	var result lfsResult
	source, err := os.OpenRoot(from)
	if err != nil {
		return result, err
	}
	defer source.Close()
	target, err := os.OpenRoot(to)
	if err != nil {
		return result, err
	}
	defer target.Close()
	err = eachFile(source, "lfs/objects", 3, func(name string, info fs.FileInfo) error {
		oid := path.Base(name)
		if !schema.IsSHA256(oid) || name != lfsName(oid) {
			return nil // not an object: git-lfs would not find it either
		}
		result.count.Source++
		result.count.Fetched++
		switch err := takeLFSObject(ctx, target, source, oid); {
		case err == nil:
			result.count.Imported++
		case errors.Is(err, errLFSContent):
			result.count.Failed++
			result.failed = append(result.failed, lfsFailed(oid, providers.CodeInvalid, err.Error(), "fetch the object again with git lfs fetch at the source"))
		default:
			return err
		}
		observe(providers.Progress{Phase: "lfs", Done: result.count.Fetched, Unit: "objects"})
		return nil
	})
	return result, err
}

// errLFSContent is the error of an object that is not what its name says.
var errLFSContent = errors.New("its content does not have the digest it is named by")

func takeLFSObject(ctx context.Context, target, source *os.Root, oid string) error {
	name := lfsName(oid)
	if info, err := target.Lstat(name); err == nil && info.Mode().IsRegular() {
		return nil
	}
	if err := target.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	temp := name + tempSuffix
	if err := target.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by a kill
		return err
	}
	digest, err := linkOrCopy(ctx, target, temp, source, name)
	if err == nil && digest != oid {
		err = errLFSContent
	}
	if err == nil {
		err = target.Rename(temp, name)
	}
	if err != nil {
		_ = target.Remove(temp)
	}
	return err
}

// linkOrCopy makes temp of target the file name of source, by a hard link where
// that is possible, and returns the digest of what temp holds.
func linkOrCopy(ctx context.Context, target *os.Root, temp string, source *os.Root, name string) (digest string, err error) {
	in, err := openRegular(source, name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	hash := sha256.New()
	var out io.Writer = hash
	if !linked(in, filepath.Join(source.Name(), filepath.FromSlash(name)), filepath.Join(target.Name(), filepath.FromSlash(temp))) {
		file, err := target.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
		if err != nil {
			return "", err
		}
		defer func() { err = errors.Join(err, file.Sync(), file.Close()) }()
		out = io.MultiWriter(file, hash)
	}
	_, err = io.Copy(out, &contextReader{ctx: ctx, r: in})
	return hex.EncodeToString(hash.Sum(nil)), err
}

// linked links the file at from to temp and makes sure that it is the one that
// is open, and not a symbolic link put there since.
func linked(open *os.File, from, temp string) bool {
	if os.Link(from, temp) != nil { // another file system, or one without links
		return false
	}
	want, err := open.Stat()
	if err == nil {
		if have, err := os.Lstat(temp); err == nil && os.SameFile(want, have) {
			return true
		}
	}
	_ = os.Remove(temp)
	return false
}

// lfsName is where git-lfs keeps an object, below the git directory.
func lfsName(oid string) string { return path.Join("lfs/objects", oid[:2], oid[2:4], oid) }

func lfsFailed(oid string, code providers.Code, message, hint string) providers.ItemFailed {
	return providers.ItemFailed{
		Key:     schema.Key{Kind: schema.KindLFSObject, ID: oid},
		Problem: &providers.Error{Code: code, Op: "take LFS object", Subject: oid, Message: message, Hint: hint},
	}
}
