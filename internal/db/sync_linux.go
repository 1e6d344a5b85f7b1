package db

import (
	"os"
	"syscall"
)

// syncData brings a file's bytes and its length to the disk, and not its times, for which the file system would write its journal.
func syncData(f *os.File) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := c.Control(func(fd uintptr) {
		for failed = syscall.Fdatasync(int(fd)); failed == syscall.EINTR; failed = syscall.Fdatasync(int(fd)) {
		}
	}); err != nil {
		return err
	}
	return os.NewSyscallError("fdatasync", failed)
}
