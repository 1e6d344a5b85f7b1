// Package mail hands mails to one SMTP relay. It promises that a mail either was taken by the relay or gives an error, and that a password of
// the relay is never sent over a connection in clear, the machine's own apart. It keeps no queue and knows nothing of what mails say.
package mail

import (
	"context"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"millrace"

	gomail "github.com/wneessen/go-mail"
)

// Relay sends through one SMTP server, a connection a mail. It is safe for concurrent use.
type Relay struct {
	from    mail.Address
	host    string
	options []gomail.Option
}

// timeout is for each step of talking to the relay.
const timeout = 15 * time.Second

// NewRelay reads the relay's URL, smtp://user:password@host:587 (STARTTLS, which is required unless the host is this machine) or
// smtps://user:password@host:465 (TLS from the first byte), and the sender's address, "Millrace <millrace@example.com>" or the address alone.
// Errors are Invalid at --smtp-url or --mail-from, and never repeat the password.
func NewRelay(relay, from string) (*Relay, error) {
	const op = "mail.NewRelay"
	u, err := url.Parse(relay)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, millrace.FieldErrorf(op, "--smtp-url", "want smtp://user:password@host:587 or smtps://user:password@host:465; write characters such as @ in the password as %%40")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, millrace.FieldErrorf(op, "--mail-from", "want the sender's address, such as Millrace <millrace@example.com>")
	}
	r := &Relay{from: *sender, host: u.Hostname(), options: []gomail.Option{gomail.WithTimeout(timeout)}}
	port := 587
	if u.Scheme == "smtps" {
		port = 465
		r.options = append(r.options, gomail.WithSSL())
	} else if local(r.host) {
		r.options = append(r.options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	} else {
		r.options = append(r.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, millrace.FieldErrorf(op, "--smtp-url", "the port is a number from 1 to 65535")
		}
	}
	r.options = append(r.options, gomail.WithPort(port))
	if u.User != nil {
		password, _ := u.User.Password()
		auth := gomail.SMTPAuthAutoDiscover
		if local(r.host) && u.Scheme == "smtp" {
			auth = gomail.SMTPAuthPlainNoEnc // it stays on this machine
		}
		r.options = append(r.options, gomail.WithSMTPAuth(auth), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return r, nil
}

// local says whether a host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Letter is a mail in plain text and, where it has that, in HTML that says the same.
type Letter struct{ To, Subject, Text, HTML string }

// ErrUncertain is the error of a mail that was on its way when the connection broke: the relay may have taken it.
var ErrUncertain = errors.New("the relay may have taken the mail")

// Send hands a mail of plain text to the relay. Errors are Invalid for an address that is none, else Unavailable.
func (r *Relay) Send(ctx context.Context, to, subject, text string) error {
	return r.Deliver(ctx, Letter{To: to, Subject: subject, Text: text})
}

// Deliver hands a letter to the relay. Errors are Invalid for an address that is none, else Unavailable; one that is ErrUncertain is of a mail that may
// have been taken.
func (r *Relay) Deliver(ctx context.Context, l Letter) error {
	const op = "mail.Deliver"
	m := gomail.NewMsg()
	if err := m.FromFormat(r.from.Name, r.from.Address); err != nil {
		return &millrace.Error{Code: millrace.Invalid, Op: op, Field: "from", Err: err}
	}
	if err := m.To(l.To); err != nil {
		return &millrace.Error{Code: millrace.Invalid, Op: op, Field: "to", Err: err}
	}
	m.Subject(l.Subject)
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office answers (RFC 3834)
	c, err := gomail.NewClient(r.host, r.options...)
	if err != nil {
		return &millrace.Error{Code: millrace.Invalid, Op: op, Err: err}
	}
	err = c.DialAndSendWithContext(ctx, m)
	if err == nil {
		return nil
	}
	if broken, ok := errors.AsType[*gomail.SendError](err); ok && broken.Reason == gomail.ErrSMTPDataClose && broken.ErrorCode() == 0 {
		err = errors.Join(ErrUncertain, err)
	}
	return &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "the mail relay did not take the mail", Err: err}
}
