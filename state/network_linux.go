package state

import "golang.org/x/sys/unix"

// networkFS names the network file system that dir is on, or returns "". What
// cannot be told is taken for local: opening the file will say what is wrong.
func networkFS(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	return networkFSName(uint32(st.Type))
}

// networkFSName knows the file systems by their magic numbers, see statfs(2).
// FUSE is among them because sshfs, S3 mounts and the shared folders of
// virtual machines are all FUSE.
func networkFSName(magic uint32) string {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "smb"
	case unix.FUSE_SUPER_MAGIC:
		return "fuse"
	case unix.V9FS_MAGIC:
		return "9p"
	case unix.CEPH_SUPER_MAGIC:
		return "ceph"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "afs"
	case unix.CODA_SUPER_MAGIC:
		return "coda"
	}
	return ""
}
