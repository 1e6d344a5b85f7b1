package access

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"time"

	"millrace"
	"millrace/internal/db"
)

// limit says after how many attempts of a subject further ones are refused for a while.
type limit struct {
	subject string // what is done, and for which e-mail or from where
	free    int64  // so many are let through without waiting
}

// The attempts that are let through. Many people share an address behind a proxy, so it has more of them.
const (
	freePerEmail   = 10
	freePerAddress = 50
	freeMails      = 3 // mails with a link to one address
)

// perEmail and perAddress are the limits of what is done for an e-mail and from a client's address: of IPv6 from its /64, which one
// subscriber has.
func perEmail(what, email string, free int64) limit { return limit{what + " email:" + email, free} }

func perAddress(what, address string) limit {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			address = p.String()
		}
	}
	return limit{what + " address:" + address, freePerAddress}
}

const (
	firstWait   = 30 * millrace.Second // doubled at each further attempt
	longestWait = 15 * millrace.Minute
	forgetAfter = millrace.Day // without an attempt
)

// wait is how long further attempts are refused after so many of them.
func (l limit) wait(attempts int64) millrace.Time {
	over := attempts - l.free
	if over < 0 {
		return 0
	}
	return min(firstWait<<min(over, 20), longestWait)
}

func (l limit) key() []byte {
	h := sha256.Sum256([]byte(l.subject))
	return h[:]
}

// Wait is the cause of a RateLimited error: how long until it is worth another try.
type Wait time.Duration

// Error says how long.
func (w Wait) Error() string { return "wait " + time.Duration(w).String() }

func heldUp(op string, until, now millrace.Time) error {
	wait := max(time.Duration(until-now)*time.Millisecond, time.Second).Round(time.Second)
	return &millrace.Error{Code: millrace.RateLimited, Op: op, Message: "too many attempts: try again in " + wait.String(), Err: Wait(wait)}
}

// attempt counts one attempt against all limits before it is made, so that many at once are no way around. RateLimited when one of them is
// used up; then nothing is counted. succeeded takes it back.
func (p *People) attempt(ctx context.Context, op string, limits ...limit) error {
	now := p.clock()
	var refused error
	err := p.db.Write(ctx, func(tx *db.Tx) error {
		counts := make([]int64, len(limits))
		for i, l := range limits {
			// On PostgreSQL this also holds the row against other processes.
			if _, err := tx.Exec(ctx, "/* attempt.hold */ insert into attempt (subject, failures, last_at, until) values ($1, 0, $2, 0) on conflict (subject) do update set last_at = attempt.last_at",
				l.key(), int64(now)); err != nil {
				return err
			}
			var last, until millrace.Time
			if _, err := db.One(ctx, tx, []any{&counts[i], (*int64)(&last), (*int64)(&until)},
				"/* attempt.get */ select failures, last_at, until from attempt where subject = $1", l.key()); err != nil {
				return err
			}
			if now-last > forgetAfter {
				counts[i], until = 0, 0
			}
			if until > now {
				refused = heldUp(op, until, now)
			}
		}
		if refused != nil {
			return nil
		}
		for i, l := range limits {
			if err := p.count(ctx, tx, now, l, counts[i]+1); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = refused
	}
	return err
}

// count writes down how many attempts there were, and tells the access log when the first is held up.
func (p *People) count(ctx context.Context, tx *db.Tx, now millrace.Time, l limit, attempts int64) error {
	until := millrace.Time(0)
	if w := l.wait(attempts); w > 0 {
		until = now + w
	}
	if _, err := tx.Exec(ctx, "/* attempt.count */ update attempt set failures = $1, last_at = $2, until = $3 where subject = $4", attempts, int64(now), int64(until), l.key()); err != nil {
		return err
	}
	if attempts != l.free {
		return nil
	}
	return record(ctx, tx, now, Event{Action: SignInHeldUp, Target: l.subject})
}

// succeeded forgets the attempts of the first limit and takes one back of the others: who knows one password must not be free to try those
// of others.
func (p *People) succeeded(ctx context.Context, tx *db.Tx, forget limit, others ...limit) error {
	if _, err := tx.Exec(ctx, "/* attempt.forget */ delete from attempt where subject = $1", forget.key()); err != nil {
		return err
	}
	for _, l := range others {
		if _, err := tx.Exec(ctx, "/* attempt.take_back */ update attempt set failures = failures - 1, until = 0 where subject = $1 and failures > 0", l.key()); err != nil {
			return err
		}
	}
	return nil
}
