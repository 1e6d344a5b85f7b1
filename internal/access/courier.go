package access

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"millrace"
)

// Mailer sends a mail of plain text.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Courier brings links to people: by mail where there is a relay, else by giving them to the admin who asked.
type Courier struct {
	Mailer Mailer // nil: no relay
	// Base is the server's address as browsers reach it. It is never taken from a request, whose Host anybody can choose.
	Base   string
	Logger *slog.Logger // default: discards

	sending sync.WaitGroup
}

// Delivery tells an admin what became of a link.
type Delivery struct {
	Mailed bool   `json:"mailed" doc:"It was handed to the mail relay"`
	Link   string `json:"link" doc:"Empty when it was mailed: then only its reader has it. Hand it over yourself; it works once."`
	// Problem is why it was not mailed though there is a relay.
	Problem   string        `json:"problem" doc:"Why the relay did not take it"`
	ExpiresAt millrace.Time `json:"expires_at"`
}

// mailTimeout bounds how long a relay may take.
const mailTimeout = 30 * time.Second

// Deliver mails a link, or gives it back when there is no relay or that refused it. by is who asked.
func (c *Courier) Deliver(ctx context.Context, l Link, by Actor) Delivery {
	d := Delivery{ExpiresAt: l.ExpiresAt}
	if c.Mailer == nil {
		d.Link = l.URL(c.Base)
		return d
	}
	if err := c.send(ctx, l, by); err != nil {
		c.log().Warn("a mail could not be sent", "to", l.User.ID, "error", err)
		d.Link, d.Problem = l.URL(c.Base), "the mail relay did not take the mail: hand the link over yourself"
		return d
	}
	d.Mailed = true
	return d
}

// DeliverLater mails a link beside the request, so that the answer takes as long as when there is nobody to mail to. Without a relay it does
// nothing.
func (c *Courier) DeliverLater(ctx context.Context, l Link) {
	if c.Mailer == nil {
		return
	}
	ctx = context.WithoutCancel(ctx)
	c.sending.Go(func() {
		if err := c.send(ctx, l, Actor{}); err != nil {
			c.log().Warn("a mail could not be sent", "to", l.User.ID, "error", err)
		}
	})
}

// Close waits for the mails under way.
func (c *Courier) Close() { c.sending.Wait() }

func (c *Courier) log() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

func (c *Courier) send(ctx context.Context, l Link, by Actor) error {
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	subject, text := letter(l, by, l.URL(c.Base))
	return c.Mailer.Send(ctx, l.User.Email, subject, text)
}

// letter is the mail with a link. Names stand in it as plain text, on one line each.
func letter(l Link, by Actor, link string) (subject, text string) {
	until := l.ExpiresAt.Std().Format("2 January 2006, 15:04 MST")
	if l.Kind == LinkInvitation {
		from := "You are invited"
		if by.Kind == ActorUser {
			from = by.Name + " invites you"
		}
		return "Your invitation to Millrace", fmt.Sprintf("Hello %s,\n\n%s to Millrace as %s. Choose a password here:\n\n%s\n\nThe link works once, until %s.\n",
			l.User.Name, from, strings.ReplaceAll(string(l.User.Role), "_", " "), link, until)
	}
	return "Choose a new password for Millrace", fmt.Sprintf("Hello %s,\n\nsomebody, we hope you, asked for a new password for Millrace. Choose it here:\n\n%s\n\n"+
		"The link works once, until %s. If it was not you, do nothing: your password stays as it is.\n", l.User.Name, link, until)
}
