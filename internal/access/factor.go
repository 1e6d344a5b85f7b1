package access

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"millrace"
	"millrace/internal/db"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// The second factor is a time-based one-time password (RFC 6238) as every authenticator app makes it: SHA-1, six digits, a new one every 30 s.
const (
	stepLasts     = 30 * millrace.Second
	skew          = 1 // steps that a clock may be behind or ahead
	beginFor      = millrace.Hour
	freeCodes     = 5 // attempts without waiting
	RecoveryCodes = 10
)

var totpOptions = totp.ValidateOpts{Period: uint(stepLasts / millrace.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// SecondFactor is how a user's second factor stands.
type SecondFactor struct {
	OnSince       millrace.Time `json:"on_since" doc:"null: it is off"`
	RecoveryCodes int64         `json:"recovery_codes" doc:"Those that were not used yet"`
}

// NewFactor is a second factor that is being turned on: what goes into an authenticator app, shown this once.
type NewFactor struct {
	Secret string // base32
	URL    string // otpauth://
}

// Challenge is half of a sign-in: the password was right, the code is still to come.
type Challenge struct {
	Token     string
	ExpiresAt millrace.Time
}

// Entrance is what a right password gives: a session, or a challenge where there is a second factor.
type Entrance struct {
	Opened
	Challenge *Challenge
}

// enter opens a session, or asks for the second factor. how is what they showed.
func (p *People) enter(ctx context.Context, tx *db.Tx, now millrace.Time, u User, c Client, how string) (e Entrance, err error) {
	if u.SecondFactorAt != 0 {
		l, err := p.issue(ctx, tx, now, linkSecondStep, u)
		return Entrance{Challenge: &Challenge{l.Token, l.ExpiresAt}}, err
	}
	e.Opened, err = p.opened(ctx, tx, now, u, c, how)
	return e, err
}

func (p *People) opened(ctx context.Context, tx *db.Tx, now millrace.Time, u User, c Client, how string) (Opened, error) {
	if err := record(ctx, tx, now, Event{SignedIn, u.ID, u.Email, how}); err != nil {
		return Opened{}, err
	}
	return p.open(ctx, tx, now, u, c)
}

// SignInWithCode opens the session of a challenge for a code of the authenticator app or a recovery code. Unauthorized at challenge when that is
// over, at code when the code is wrong or was used; RateLimited when there were too many attempts for the user or from the client.
func (p *People) SignInWithCode(ctx context.Context, token, code string, c Client) (o Opened, err error) {
	const op = "access.SignInWithCode"
	over := &millrace.Error{Code: millrace.Unauthorized, Op: op, Field: "challenge", Message: "signing in took too long: begin again with your password"}
	u, err := p.Look(ctx, linkSecondStep, token)
	if millrace.ErrorCode(err) == millrace.Unauthorized {
		return o, over
	} else if err != nil {
		return o, err
	}
	forUser, fromAddress := codesOf(u), perAddress("second factor", c.Address)
	if err := p.attempt(ctx, op, forUser, fromAddress); err != nil {
		return o, err
	}
	ctx = WithActor(ctx, u.actor(c.Address))
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		u, err := p.takeFor(ctx, tx, now, linkSecondStep, token)
		if millrace.ErrorCode(err) == millrace.Unauthorized {
			return over
		} else if err != nil {
			return err
		}
		how, err := p.spend(ctx, tx, now, u.User, code, millrace.Unauthorized)
		if err != nil {
			return err
		}
		if err := p.succeeded(ctx, tx, forUser, fromAddress); err != nil {
			return err
		}
		o, err = p.opened(ctx, tx, now, u.User, c, how)
		return err
	})
	return o, err
}

func codesOf(u User) limit { return perEmail("second factor", u.Email, freeCodes) }

// spend uses a code up, of the app or a recovery code, and says which it was. What is wrong with it is an error of the code wrong, at code.
func (p *People) spend(ctx context.Context, tx *db.Tx, now millrace.Time, u User, code string, wrong millrace.Code) (how string, err error) {
	refused := func(message string) (string, error) {
		return "", &millrace.Error{Code: wrong, Op: "access.code", Field: "code", Message: message}
	}
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(code))
	if len(code) != totpOptions.Digits.Length() {
		used, err := tx.Exec(ctx, "/* recovery_code.use */ delete from recovery_code where hash = $1 and user_id = $2", hashOf(code), u.ID)
		if err != nil {
			return "", err
		}
		if used == 0 {
			return refused("this is no code of yours, or a recovery code that was used already")
		}
		left, err := codesLeft(ctx, tx, u)
		return fmt.Sprintf("recovery code, %d left", left), err
	}
	var secret string
	if _, err := db.One(ctx, tx, []any{&secret}, "/* second_factor.secret */ select secret from second_factor where user_id = $1 and confirmed_at > 0", u.ID); err != nil {
		return "", err
	}
	step, ok := stepOf(code, secret, now)
	if !ok {
		return refused("this code is not right: they change every 30 seconds, and the clock of your device must be right")
	}
	// RFC 6238, 5.2: a code is taken once.
	n, err := tx.Exec(ctx, "/* second_factor.use */ update second_factor set last_step = $1 where user_id = $2 and secret = $3 and last_step < $1", step, u.ID, secret)
	if err == nil && n == 0 {
		return refused("this code was used already: wait for the next one")
	}
	return "code", err
}

// stepOf says of which step a code is, of those that a clock may show now.
func stepOf(code, secret string, now millrace.Time) (step int64, ok bool) {
	for d := int64(-skew); d <= skew; d++ {
		at := int64(now/stepLasts) + d
		fits, err := totp.ValidateCustom(code, secret, time.Unix(at*int64(stepLasts/millrace.Second), 0), totpOptions)
		if fits && err == nil {
			step, ok = at, true
		}
	}
	return step, ok
}

// SecondFactor says how a user's second factor stands.
func (p *People) SecondFactor(ctx context.Context, u User) (f SecondFactor, err error) {
	if _, err = db.One(ctx, p.db, []any{(*int64)(&f.OnSince)}, "/* second_factor.get */ select confirmed_at from second_factor where user_id = $1", u.ID); err != nil || f.OnSince == 0 {
		return f, err
	}
	f.RecoveryCodes, err = codesLeft(ctx, p.db, u)
	return f, err
}

func codesLeft(ctx context.Context, q db.Querier, u User) (n int64, err error) {
	_, err = db.One(ctx, q, []any{&n}, "/* recovery_code.count */ select count(*) from recovery_code where user_id = $1", u.ID)
	return n, err
}

// BeginSecondFactor makes a second factor for somebody who is signed in and knows their password. It counts once a code of it is confirmed; until
// then a new one replaces it. Conflict when there is one already or no password, Invalid at password when that is wrong.
func (p *People) BeginSecondFactor(ctx context.Context, u User, password string) (f NewFactor, err error) {
	const op = "access.BeginSecondFactor"
	before, err := p.knows(ctx, op, u, "password", password)
	if err != nil {
		return f, err
	}
	if before.password == "" {
		return f, millrace.Errorf(millrace.Conflict, op, "choose a password first: a second factor comes beside one")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Millrace", AccountName: before.Email, Period: totpOptions.Period, Digits: totpOptions.Digits, Algorithm: totpOptions.Algorithm})
	if err != nil {
		return f, &millrace.Error{Code: millrace.Internal, Op: op, Err: err}
	}
	f = NewFactor{Secret: key.Secret(), URL: key.URL()}
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		if err := p.succeeded(ctx, tx, passwordsOf(before.User)); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `/* second_factor.begin */ insert into second_factor (user_id, secret, begun_at, confirmed_at, last_step) values ($1, $2, $3, 0, 0)
			on conflict (user_id) do update set secret = excluded.secret, begun_at = excluded.begun_at where second_factor.confirmed_at = 0`, u.ID, f.Secret, int64(p.clock()))
		if err == nil && n == 0 {
			err = millrace.Errorf(millrace.Conflict, op, "your second factor is on already")
		}
		return err
	})
	return f, err
}

// ConfirmSecondFactor turns on what was begun within the hour, for a code of it, and gives the recovery codes, this once. Sessions that are open stay.
// Conflict when nothing was begun, Invalid at code when that is wrong.
func (p *People) ConfirmSecondFactor(ctx context.Context, u User, code string) (recovery []string, err error) {
	const op = "access.ConfirmSecondFactor"
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		var secret string
		begun, err := db.One(ctx, tx, []any{&secret}, "/* second_factor.begun */ select secret from second_factor where user_id = $1 and confirmed_at = 0 and begun_at > $2", u.ID, int64(now-beginFor))
		if err != nil {
			return err
		}
		if !begun {
			return millrace.Errorf(millrace.Conflict, op, "this was begun too long ago or elsewhere: begin anew")
		}
		step, ok := stepOf(strings.ReplaceAll(code, " ", ""), secret, now)
		if !ok {
			return millrace.FieldErrorf(op, "code", "this is not the code that the app shows now: look again, and see that the clock of your device is right")
		}
		n, err := tx.Exec(ctx, "/* second_factor.confirm */ update second_factor set confirmed_at = $1, last_step = $2 where user_id = $3 and secret = $4 and confirmed_at = 0", int64(now), step, u.ID, secret)
		if err == nil && n == 0 {
			err = millrace.Errorf(millrace.Conflict, op, "this was begun too long ago or elsewhere: begin anew")
		}
		if err != nil {
			return err
		}
		if recovery, err = freshCodes(ctx, tx, u); err != nil {
			return err
		}
		return record(ctx, tx, now, Event{SecondFactorOn, u.ID, u.Email, ""})
	})
	return recovery, err
}

// freshCodes makes a user's recovery codes; the ones before end. 80 random bits each, so that a fast hash is enough.
func freshCodes(ctx context.Context, tx *db.Tx, u User) ([]string, error) {
	if _, err := tx.Exec(ctx, "/* recovery_code.drop */ delete from recovery_code where user_id = $1", u.ID); err != nil {
		return nil, err
	}
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		code := strings.ToLower(rand.Text()[:16])
		if _, err := tx.Exec(ctx, "/* recovery_code.add */ insert into recovery_code (hash, user_id) values ($1, $2)", hashOf(code), u.ID); err != nil {
			return nil, err
		}
		codes[i] = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
	}
	return codes, nil
}

// NewRecoveryCodes replaces the recovery codes of somebody who is signed in, for their password and a code. Errors are those of TurnSecondFactorOff.
func (p *People) NewRecoveryCodes(ctx context.Context, u User, password, code string) (recovery []string, err error) {
	err = p.prove(ctx, "access.NewRecoveryCodes", u, password, code, func(tx *db.Tx, now millrace.Time) error {
		if recovery, err = freshCodes(ctx, tx, u); err != nil {
			return err
		}
		return record(ctx, tx, now, Event{SecondFactorCodes, u.ID, u.Email, ""})
	})
	return recovery, err
}

// TurnSecondFactorOff takes the second factor away from somebody who is signed in, for their password and a code. Conflict when it is off, Invalid at
// password or code when that is wrong, RateLimited after too many attempts.
func (p *People) TurnSecondFactorOff(ctx context.Context, u User, password, code string) error {
	return p.prove(ctx, "access.TurnSecondFactorOff", u, password, code, func(tx *db.Tx, now millrace.Time) error {
		if err := dropFactor(ctx, tx, u); err != nil {
			return err
		}
		return record(ctx, tx, now, Event{SecondFactorOff, u.ID, u.Email, ""})
	})
}

// prove asks for both factors before something is done.
func (p *People) prove(ctx context.Context, op string, u User, password, code string, then func(*db.Tx, millrace.Time) error) error {
	before, err := p.knows(ctx, op, u, "password", password)
	if err != nil {
		return err
	}
	if before.SecondFactorAt == 0 {
		return millrace.Errorf(millrace.Conflict, op, "your second factor is off")
	}
	if err := p.attempt(ctx, op, codesOf(before.User)); err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		if _, err := p.spend(ctx, tx, now, before.User, code, millrace.Invalid); err != nil {
			return err
		}
		for _, l := range []limit{passwordsOf(before.User), codesOf(before.User)} {
			if err := p.succeeded(ctx, tx, l); err != nil {
				return err
			}
		}
		return then(tx, now)
	})
}

// ResetSecondFactor takes the second factor away from somebody who lost it, found by id or address. Their password and sessions stay. Conflict when it is the
// caller's own: that is turned off with a code. had says whether there was one.
func (p *People) ResetSecondFactor(ctx context.Context, who string) (out User, had bool, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		u, err := p.locked(ctx, tx, who)
		if err != nil {
			return err
		}
		if by := ActorOf(ctx); by.Kind == ActorUser && by.ID == u.ID {
			return millrace.Errorf(millrace.Conflict, "access.ResetSecondFactor", "this is your own: turn it off under Account, with a code")
		}
		out, had = u.User, u.SecondFactorAt != 0
		if err := dropFactor(ctx, tx, u.User); err != nil || !had {
			return err
		}
		out.SecondFactorAt = 0
		return record(ctx, tx, p.clock(), Event{SecondFactorReset, u.ID, u.Email, ""})
	})
	return out, had, err
}

// dropFactor removes a user's second factor, its recovery codes, the challenges that wait for one, and lets them try again.
func dropFactor(ctx context.Context, tx *db.Tx, u User) error {
	for _, query := range []string{"/* second_factor.drop */ delete from second_factor where user_id = $1", "/* recovery_code.drop */ delete from recovery_code where user_id = $1",
		"/* token.drop_challenges */ delete from user_token where user_id = $1 and kind = '" + string(linkSecondStep) + "'"} {
		if _, err := tx.Exec(ctx, query, u.ID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "/* attempt.forget */ delete from attempt where subject = $1", codesOf(u).key())
	return err
}
