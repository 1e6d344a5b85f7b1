package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"syscall"

	"millrace"
)

// spool is a file that can be read twice: once to look at it whole, once to import it.
type spool struct {
	rs   io.ReadSeeker
	from int64
	size int64
	temp *os.File
}

// newSpool uses r itself when it can be read again, else copies it to a temporary file that close removes.
func newSpool(r io.Reader) (*spool, error) {
	if rs, ok := r.(io.ReadSeeker); ok {
		if from, err := rs.Seek(0, io.SeekCurrent); err == nil {
			end, err := rs.Seek(0, io.SeekEnd)
			if err == nil {
				return &spool{rs: rs, from: from, size: end - from}, nil
			}
		}
	}
	f, err := os.CreateTemp("", "millrace-import-*")
	if err != nil {
		return nil, fmt.Errorf("exchange: a place to keep the file while it is imported: %w", NoRoom(err))
	}
	os.Remove(f.Name()) // where the system allows it, so that nothing is left of it whatever becomes of this process
	s := &spool{rs: f, temp: f}
	if s.size, err = io.Copy(f, r); err != nil {
		s.close()
		return nil, fmt.Errorf("exchange: reading the file: %w", NoRoom(err))
	}
	return s, nil
}

// NoRoom gives an error of a file that the disk has no room for its code, Full.
func NoRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &millrace.Error{Code: millrace.Full, Op: "exchange", Message: "there is no room left on the disk", Err: err}
	}
	return err
}

func (s *spool) close() {
	if s.temp != nil {
		s.temp.Close()
		os.Remove(s.temp.Name())
	}
}

// open starts over from the beginning.
func (s *spool) open() (*counter, error) {
	if _, err := s.rs.Seek(s.from, io.SeekStart); err != nil {
		return nil, fmt.Errorf("exchange: reading the file again: %w", err)
	}
	return &counter{r: s.rs}, nil
}

// counter counts and, when sum is set, hashes the bytes of the file as it lies on disk.
type counter struct {
	r   io.Reader
	n   int64
	sum hash.Hash
	err error // why the file itself could not be read, as against what is in it
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// finish reads what decoding left unread and gives the hash of all.
func (c *counter) finish() (string, error) {
	if _, err := io.Copy(io.Discard, c); err != nil {
		return "", err
	}
	return hex.EncodeToString(c.sum.Sum(nil)), nil
}

func hashing(c *counter) *counter { c.sum = sha256.New(); return c }
