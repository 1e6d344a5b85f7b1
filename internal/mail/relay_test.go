package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/mail"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// relay is an SMTP server that keeps what it takes.
type relay struct {
	mu     sync.Mutex
	taken  []taken
	refuse error
}

type taken struct {
	from, to, user, text string
	header               netmail.Header
}

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return &talk{relay: r}, nil }

type talk struct {
	relay *relay
	mail  taken
}

func (t *talk) AuthMechanisms() []string { return []string{sasl.Plain} }
func (t *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "mill@acme.com" || password != "p@ss/word" {
			return smtp.ErrAuthFailed
		}
		t.mail.user = user
		return nil
	}), nil
}
func (t *talk) Mail(from string, _ *smtp.MailOptions) error {
	t.mail.from = from
	return t.relay.refuse
}
func (t *talk) Rcpt(to string, _ *smtp.RcptOptions) error { t.mail.to = to; return nil }
func (t *talk) Reset()                                    {}
func (t *talk) Logout() error                             { return nil }
func (t *talk) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	b, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		return err
	}
	t.mail.header, t.mail.text = m.Header, strings.ReplaceAll(string(b), "\r\n", "\n")
	t.relay.mu.Lock()
	defer t.relay.mu.Unlock()
	t.relay.taken = append(t.relay.taken, t.mail)
	return nil
}

// start serves r on this machine, with TLS from the first byte when asked to, and gives the address.
func start(t *testing.T, r *relay, tlsConfig *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(r)
	s.Domain, s.AllowInsecureAuth, s.ReadTimeout, s.WriteTimeout = "relay.test", true, 5*time.Second, 5*time.Second
	if tlsConfig != nil {
		l = tls.NewListener(l, tlsConfig)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String()
}

func TestSend(t *testing.T) {
	r := &relay{}
	addr := start(t, r, nil)
	m, err := mail.NewRelay("smtp://mill%40acme.com:p%40ss%2Fword@"+addr, "Mühle <mill@acme.com>")
	if err != nil {
		t.Fatal(err)
	}
	const text = "Hello Ännchen,\n\nhttp://127.0.0.1:8080/invitation#token=" + "abcdefghijklmnopqrstuvwxyz0123456789-_abcde=\n.\nthe end, a line that is longer than any that SMTP takes without being broken somewhere in its middle part\n"
	if err := m.Send(t.Context(), "anna@acme.com", "Your invitation, Ännchen\r\nBcc: eve@evil.example", text); err != nil {
		t.Fatal(err)
	}
	if len(r.taken) != 1 {
		t.Fatalf("%+v", r.taken)
	}
	got := r.taken[0]
	if got.from != "mill@acme.com" || got.to != "anna@acme.com" || got.user != "mill@acme.com" || got.text != text || got.header.Get("Bcc") != "" ||
		got.header.Get("Auto-Submitted") != "auto-generated" || got.header.Get("Message-Id") == "" {
		t.Errorf("%+v", got)
	}
	if from, err := got.header.AddressList("From"); err != nil || from[0].Name != "Mühle" {
		t.Errorf("%v %v", from, err)
	}
}

func TestWhatTheRelayRefuses(t *testing.T) {
	r := &relay{}
	addr := start(t, r, nil)
	for name, c := range map[string]struct {
		url, to string
		refuse  error
		code    millrace.Code
	}{
		"a wrong password": {"smtp://mill%40acme.com:wrong@" + addr, "anna@acme.com", nil, millrace.Unavailable},
		"the mail":         {"smtp://" + addr, "anna@acme.com", &smtp.SMTPError{Code: 550, Message: "no"}, millrace.Unavailable},
		"no address":       {"smtp://" + addr, "anna", nil, millrace.Invalid},
		"a second one":     {"smtp://" + addr, "anna@acme.com, eve@evil.example", nil, millrace.Invalid},
		"nobody listens":   {"smtp://127.0.0.1:1", "anna@acme.com", nil, millrace.Unavailable},
	} {
		r.refuse = c.refuse
		m, err := mail.NewRelay(c.url, "mill@acme.com")
		if err != nil {
			t.Fatal(name, err)
		}
		if err := m.Send(t.Context(), c.to, "x", "x"); millrace.ErrorCode(err) != c.code || strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.taken) > 0 {
		t.Errorf("%+v", r.taken)
	}
}

// TestACertificateThatNobodySigned expects that no password is sent to who shows one.
func TestACertificateThatNobodySigned(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{}
	addr := start(t, r, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	m, err := mail.NewRelay("smtps://mill%40acme.com:p%40ss%2Fword@"+addr, "mill@acme.com")
	if err != nil {
		t.Fatal(err)
	}
	err = m.Send(t.Context(), "anna@acme.com", "x", "x")
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); !unknown || len(r.taken) > 0 {
		t.Errorf("%v", err)
	}
}

func TestNewRelayNamesTheFlag(t *testing.T) {
	for url, field := range map[string]string{
		"http://h": "--smtp-url", "smtp://": "--smtp-url", "smtp://h:99999": "--smtp-url", "smtp://h/path": "--smtp-url", "h:25": "--smtp-url",
		"smtp://u:secr%zzet@h": "--smtp-url", "smtp://h?x=1": "--smtp-url",
	} {
		_, err := mail.NewRelay(url, "mill@acme.com")
		if e, _ := errors.AsType[*millrace.Error](err); e == nil || e.Code != millrace.Invalid || e.Field != field || strings.Contains(err.Error(), "secr") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := mail.NewRelay("smtp://h", "nobody"); err == nil || !strings.Contains(err.Error(), "--mail-from") {
		t.Error(err)
	}
	for _, url := range []string{"smtp://h", "smtps://h:1465", "smtp://u:p@[::1]:25"} {
		if _, err := mail.NewRelay(url, "Millrace <mill@acme.com>"); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
