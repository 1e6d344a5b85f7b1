package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/mail"

	"golang.org/x/term"
)

// mailing are the flags of what sends links to people.
type mailing struct {
	PublicURL string `env:"MILLRACE_PUBLIC_URL" help:"The server's address as browsers reach it; links begin with it." placeholder:"URL"`
	SMTPURL   string `name:"smtp-url" env:"MILLRACE_SMTP_URL" help:"Mail relay: smtp://user:password@host:587 or smtps://…:465. Without one, links are shown to whoever made them." placeholder:"URL"`
	MailFrom  string `env:"MILLRACE_MAIL_FROM" default:"Millrace <millrace@localhost>" help:"Sender of the mails." placeholder:"ADDRESS"`
}

// mailer is the relay, nil without one.
func (m mailing) mailer() (access.Mailer, error) {
	if m.SMTPURL == "" {
		return nil, nil
	}
	return mail.NewRelay(m.SMTPURL, m.MailFrom)
}

// courier brings mails and links to people; what a relay does not take is told on standard error.
func (m mailing) courier(s *cli.Session) (*access.Courier, error) {
	mailer, err := m.mailer()
	base := strings.TrimRight(m.PublicURL, "/")
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	return &access.Courier{Mailer: mailer, Base: base, Logger: slog.New(slog.NewTextHandler(s.Errs, nil))}, err
}

type userCmd struct {
	Add                userAddCmd          `cmd:"" help:"Add a person with a password, which is asked for or read from standard input."`
	Invite             userInviteCmd       `cmd:"" help:"Invite a person: by mail where there is a relay, else with the link that this prints."`
	List               userListCmd         `cmd:"" help:"List people."`
	Role               userRoleCmd         `cmd:"" help:"Change a person's role."`
	Reset              userResetCmd        `cmd:"" help:"Make a link by which a person chooses a new password."`
	Disable            userDisableCmd      `cmd:"" help:"Keep a person out: what they have open ends at once."`
	Enable             userEnableCmd       `cmd:"" help:"Let a disabled person in again."`
	ResetSecondFactor  userResetFactorCmd  `cmd:"" help:"Take the second factor of a person who lost it away: they sign in with the password alone."`
	DemandSecondFactor userDemandFactorCmd `cmd:"" help:"Demand a second factor of everybody who signs in, or let everybody choose: on or off."`
	Delete             userDeleteCmd       `cmd:"" help:"Delete a person for good: what they did keeps their name."`
}

// who is a new person.
type who struct {
	Email string `arg:"" help:"Their e-mail address."`
	Name  string `help:"How the others call them; the part of the address before the @ when not given."`
	Role  string `required:"" enum:"admin,marketing,sales_manager,sales,viewer" help:"admin, marketing, sales_manager, sales or viewer."`
}

func (w who) user() access.NewUser {
	return access.NewUser{Email: w.Email, Name: w.Name, Role: access.Role(w.Role)}
}

type userAddCmd struct{ who }

// Run adds a person.
func (c *userAddCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		password, err := readPassword(os.Stdin, s.Errs)
		if err != nil {
			return err
		}
		u, err := w.People.AddWithPassword(s.Ctx, c.user(), password)
		if err != nil {
			return err
		}
		return s.Print(u, func() { s.Say("%s may sign in as %s (%s).", u.Email, u.Role, u.ID) })
	})
}

// readPassword asks at a terminal, unseen and twice, else reads the first line.
func readPassword(in *os.File, errs io.Writer) (string, error) {
	const op = "millrace.user"
	if !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || line == "") {
			return "", millrace.FieldErrorf(op, "password", "give the password on standard input, as its first line")
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range [...]string{"Password: ", "Again: "} {
		fmt.Fprint(errs, prompt)
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(errs)
		if err != nil {
			return "", &millrace.Error{Code: millrace.Invalid, Op: op, Field: "password", Message: "it could not be read", Err: err}
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", millrace.FieldErrorf(op, "password", "the two differ")
	}
	return typed[0], nil
}

type userInviteCmd struct {
	who
	mailing
}

// Run invites a person.
func (c *userInviteCmd) Run(s *cli.Session) error {
	return c.deliver(s, func(w *app.Workspace) (access.Link, error) { return w.People.Invite(s.Ctx, c.user()) })
}

// delivered is what the commands that make links print.
type delivered struct {
	User access.User `json:"user"`
	access.Delivery
}

// deliver makes a link and mails or prints it.
func (m mailing) deliver(s *cli.Session, link func(w *app.Workspace) (access.Link, error)) error {
	courier, err := m.courier(s)
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		l, err := link(w)
		if err != nil {
			return err
		}
		d := courier.Deliver(s.Ctx, l, access.ActorOf(s.Ctx))
		return s.Print(delivered{l.User, d}, func() {
			switch {
			case d.Mailed:
				s.Say("A link was mailed to %s. It works once, until %s.", l.User.Email, d.ExpiresAt)
			default:
				if d.Problem != "" {
					s.Say("%s.", d.Problem)
				}
				s.Say("For %s, once, until %s:\n%s", l.User.Email, d.ExpiresAt, d.Link)
			}
		})
	})
}

type userListCmd struct{}

// Run lists people.
func (c *userListCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.People.List(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, u := range list {
				rows = append(rows, []string{u.ID, u.Email, u.Name, string(u.Role), u.State, onOff(u.SecondFactorAt != 0), u.LastSeenAt.String()})
			}
			s.Table([]string{"ID", "EMAIL", "NAME", "ROLE", "STATE", "SECOND FACTOR", "LAST SEEN"}, rows)
		})
	})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

type userRoleCmd struct {
	Who  string `arg:"" help:"Their e-mail address or id."`
	Role string `arg:"" enum:"admin,marketing,sales_manager,sales,viewer" help:"admin, marketing, sales_manager, sales or viewer."`
}

// Run changes a role.
func (c *userRoleCmd) Run(s *cli.Session) error {
	role := access.Role(c.Role)
	return changeUser(s, c.Who, access.Change{Role: &role}, "now has the role "+c.Role)
}

type userDisableCmd struct {
	Who string `arg:"" help:"Their e-mail address or id."`
}

// Run disables a person.
func (c *userDisableCmd) Run(s *cli.Session) error {
	yes := true
	return changeUser(s, c.Who, access.Change{Disabled: &yes}, "can't sign in any more")
}

type userEnableCmd struct {
	Who string `arg:"" help:"Their e-mail address or id."`
}

// Run enables a person.
func (c *userEnableCmd) Run(s *cli.Session) error {
	no := false
	return changeUser(s, c.Who, access.Change{Disabled: &no}, "may sign in again")
}

type userResetFactorCmd struct {
	Who string `arg:"" help:"Their e-mail address or id."`
	mailing
}

// Run takes a second factor away.
func (c *userResetFactorCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		courier, err := c.courier(s)
		if err != nil {
			return err
		}
		u, had, err := w.People.ResetSecondFactor(s.Ctx, c.Who)
		if err != nil {
			return err
		}
		if had {
			courier.Tell(s.Ctx, access.NoticeReset, access.ActorOf(s.Ctx), u)
		}
		return s.Print(u, func() {
			s.Say("%s signs in with the password alone now, and can turn a second factor on again under Account.", u.Email)
		})
	})
}

type userDemandFactorCmd struct {
	State string `arg:"" enum:"on,off" help:"on: who has none sets one up before anything else opens. off: everybody chooses."`
	mailing
}

// Run demands a second factor of everybody, or no more.
func (c *userDemandFactorCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		courier, err := c.courier(s)
		if err != nil {
			return err
		}
		d, told, err := w.People.DemandSecondFactor(s.Ctx, c.State == "on")
		if err != nil {
			return err
		}
		mailed := courier.Tell(s.Ctx, access.NoticeDemand, access.ActorOf(s.Ctx), told...)
		return s.Print(d, func() {
			if d.Since == 0 {
				s.Say("Everybody chooses whether to have a second factor.")
				return
			}
			s.Say("A second factor is demanded of everybody since %s. Without one so far: %d of those who can sign in; told by mail: %d.", d.Since, d.Without, mailed)
		})
	})
}

type userDeleteCmd struct {
	Who string `arg:"" help:"Their e-mail address or id."`
	Yes bool   `help:"Don't ask; deleting can't be undone."`
}

// Run deletes a person.
func (c *userDeleteCmd) Run(s *cli.Session) error {
	if !c.Yes {
		return millrace.FieldErrorf("millrace.user", "--yes", "deleting %s can't be undone, unlike user disable: say --yes when you mean it", c.Who)
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		d, err := w.People.Delete(s.Ctx, c.Who)
		if err != nil {
			return err
		}
		return s.Print(d, func() {
			s.Say("Deleted %s (%s).", d.User.Email, d.User.ID)
			for _, k := range d.Keys {
				s.Say("The %s key %s (%s), which they made, goes on working.", k.Kind, k.ID, k.Name)
			}
		})
	})
}

func changeUser(s *cli.Session, who string, change access.Change, done string) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		u, err := w.People.Change(s.Ctx, who, change)
		if err != nil {
			return err
		}
		return s.Print(u, func() { s.Say("%s %s.", u.Email, done) })
	})
}

type userResetCmd struct {
	Who string `arg:"" help:"Their e-mail address or id."`
	mailing
}

// Run makes a link for a new password.
func (c *userResetCmd) Run(s *cli.Session) error {
	return c.deliver(s, func(w *app.Workspace) (access.Link, error) { return w.People.NewPasswordLink(s.Ctx, c.Who) })
}

type accessLogCmd struct {
	Limit  int    `env:"MILLRACE_LIMIT" help:"Entries to show, the newest first." default:"50"`
	Action string `help:"Those of one action alone, such as user.invite."`
}

// Run shows the access log.
func (c *accessLogCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		entries, _, err := w.Access.Log(s.Ctx, access.LogFilter{Limit: c.Limit, Action: c.Action})
		if err != nil {
			return err
		}
		return s.Print(entries, func() {
			var rows [][]string
			for _, e := range entries {
				rows = append(rows, []string{e.At.String(), e.Actor, e.Address, string(e.Action), strings.TrimSpace(e.Target + " " + e.TargetID), e.Detail})
			}
			s.Table([]string{"AT", "WHO", "FROM", "ACTION", "WHAT", "DETAIL"}, rows)
		})
	})
}
