package access

import (
	"context"
	"fmt"
	"time"
)

// Notice is what people are told by mail of how they sign in. No notice holds a link that signs in, a code or a secret.
type Notice string

// The notices.
const (
	NoticePassword Notice = "password" // it was changed
	NoticeReset    Notice = "reset"    // the second factor was taken away by somebody else
	NoticeDemand   Notice = "demand"   // a second factor is demanded of everybody, and they have none
)

// noticesTimeout bounds how long the mails of one notice may take together.
const noticesTimeout = 5 * time.Minute

// Tell mails a notice to each of the people who can sign in, and says how many mails the relay took. Without a relay it does nothing. by is who caused it.
func (c *Courier) Tell(ctx context.Context, n Notice, by Actor, people ...User) (sent int) {
	if c.Mailer == nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, noticesTimeout)
	defer cancel()
	for _, u := range people {
		if u.State != stateActive || ctx.Err() != nil {
			continue
		}
		subject, text := n.letter(u, by, c.Base)
		one, cancel := context.WithTimeout(ctx, mailTimeout)
		err := c.Mailer.Send(one, u.Email, subject, text)
		cancel()
		if err != nil {
			c.log().Warn("a mail could not be sent", "to", u.ID, "about", string(n), "error", err)
			continue
		}
		sent++
	}
	return sent
}

// TellLater tells beside the request.
func (c *Courier) TellLater(ctx context.Context, n Notice, by Actor, people ...User) {
	if c.Mailer == nil || len(people) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	c.sending.Go(func() { c.Tell(ctx, n, by, people...) })
}

// letter is the mail of a notice, in plain text.
func (n Notice) letter(u User, by Actor, base string) (subject, text string) {
	who := "Whoever keeps the server"
	if by.Kind == ActorUser {
		who = by.Name
	}
	account := base + "/account"
	switch n {
	case NoticeReset:
		return "Your second factor for Millrace was reset", fmt.Sprintf("Hello %s,\n\n%s took the second factor away from your account %s: your password alone signs you in now. "+
			"Set one up again under Account:\n\n%s\n\nIf you did not ask for this, tell an admin: somebody may be trying to get in.\n", u.Name, who, u.Email, account)
	case NoticeDemand:
		return "Millrace asks for a second factor", fmt.Sprintf("Hello %s,\n\n%s asks everybody for a second factor: signing in takes a code of an authenticator app beside the password. "+
			"When you open Millrace next you set yours up before anything else; it takes a minute, your password and an authenticator app on your phone:\n\n%s\n", u.Name, who, account)
	default:
		return "Your password for Millrace was changed", fmt.Sprintf("Hello %s,\n\nthe password of your account %s was changed, and you were signed out everywhere else.\n\n"+
			"If it was not you, ask for a new password and tell an admin:\n\n%s\n", u.Name, u.Email, base+"/forgot")
	}
}
