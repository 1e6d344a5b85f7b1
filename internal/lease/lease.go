// Package lease tells whether the process that works on something is still there: it signs now and then that it is, under a name that says which
// process it is. It keeps nothing; its callers store the name and the moment of the latest sign.
package lease

import (
	"crypto/rand"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"millrace"
)

// Every is how often a holder signs, Silence how long one of another host may be silent before it counts as gone.
const (
	Every   = time.Second
	Silence = 20 * time.Second
)

// Holder names a process, or a part of one that works by itself: host, process id and a random word.
type Holder string

// New names a holder of this process.
func New() Holder {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Holder(fmt.Sprintf("%s/%d/%s", strings.ReplaceAll(host, "/", "_"), os.Getpid(), rand.Text()))
}

// Gone says whether another holder, whose latest sign is of signed, can't be there any more. A process of this host is asked for, another's silence
// tells. Nobody, "", is gone.
func (own Holder) Gone(other Holder, signed, now millrace.Time) bool {
	if other == own {
		return false
	}
	after := func(d time.Duration) bool { return now > signed+millrace.Time(d.Milliseconds()) }
	host, rest, _ := strings.Cut(string(other), "/")
	pid, _, _ := strings.Cut(rest, "/")
	here, _, _ := strings.Cut(string(own), "/")
	if n, err := strconv.Atoi(pid); err == nil && host == here {
		if n == os.Getpid() { // another process that had our number, or another holder of ours
			return after(3 * Every)
		}
		if p, err := os.FindProcess(n); err != nil || p.Signal(syscall.Signal(0)) == os.ErrProcessDone {
			return true
		}
	}
	return other == "" || after(Silence)
}
