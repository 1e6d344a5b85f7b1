// Package web serves the app that is built from the repository's web folder and embedded into the binary, and signs people in to it.
// Its answers carry a content security policy that allows nothing but the app's own files; it reads no data and knows no rule.
package web

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Assets is the app as it was built into the binary. Without a build it holds no index.html, and Handler says how to make one.
func Assets() fs.FS {
	f, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder's name is a constant
	}
	return f
}

// noncePlaceholder stands in index.html for the nonce of each answer; web/vite.config.ts knows the same word.
const noncePlaceholder = "__MILLRACE_NONCE__"

// outline begins the part of index.html that is painted until the app is there: the frame, which pages without a session do not have.
const outline = `<div id="shell"`

// apart are the paths that belong to the server's other parts: what they do not know is an error there and never the app.
var apart = [...]string{"/api", "/v1", "/metrics", "/healthz", "/analytics.js", "/sourceConfig", "/beacon", "/assets"}

// doors are the app's pages that ask for no session; web/src/router.tsx has them.
var doors = [...]string{"/sign-in", "/set-up", "/invitation", "/password", "/stop-mails", "/forgot"}

// Handler serves the app: its files as they are, and its page for every other path that a browser opens, since the app has addresses of
// its own. Files under assets/ carry their hash in the name and are kept for a year; the page is never kept, because it holds a nonce.
func Handler(assets fs.FS) http.Handler {
	a := &app{files: assets}
	if page, err := fs.ReadFile(assets, "index.html"); err == nil {
		a.page = page
	}
	return a
}

type app struct {
	files fs.FS
	page  []byte // nil when the app was not built
}

// ServeHTTP answers GET and HEAD.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name != "index.html" && a.file(w, r, name) {
		return
	}
	if belongsElsewhere(r.URL.Path) || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.NotFound(w, r)
		return
	}
	a.index(w, r)
}

func belongsElsewhere(p string) bool {
	for _, prefix := range apart {
		if rest, ok := strings.CutPrefix(p, prefix); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// index sends the page with a nonce of its own.
func (a *app) index(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	page := a.page
	if page == nil {
		page = []byte(notBuilt)
	} else {
		nonce := rand.Text()
		h.Set("Content-Security-Policy", policy(nonce))
		page = bytes.ReplaceAll(page, []byte(noncePlaceholder), []byte(nonce))
		if asksForSession(r) {
			// Nothing is shown before it is known who looks, and no list before it is known how they open it: the browser asks while it fetches
			// the app, not afterwards.
			h.Set("Link", "</api/v1/session>; rel=preload; as=fetch; crossorigin, </api/v1/views>; rel=preload; as=fetch; crossorigin")
		} else {
			page = bytes.Replace(page, []byte(outline), []byte(outline+" hidden"), 1)
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(page)))
	if r.Method != http.MethodHead {
		w.Write(page) // a caller who has gone needs no error
	}
}

// asksForSession tells whether the page that is opened will ask who is signed in, and somebody may be.
func asksForSession(r *http.Request) bool {
	if slices.Contains(doors[:], r.URL.Path) {
		return false
	}
	return slices.ContainsFunc(r.Cookies(), func(c *http.Cookie) bool { return strings.HasSuffix(c.Name, "millrace_session") })
}

// policy allows the app's own files, and the styles that its libraries add under the nonce.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; style-src-attr 'none'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Millrace</title>
<h1>The web app is not in this binary</h1>
<p>Build it with <code>make build</code>, which needs Node 20 or newer, and start the server again. The API works without it:
<a href="/api/openapi.json">/api/openapi.json</a>.</p>
</html>
`

// file sends a file of the build, compressed where the caller takes that and the build made it. It says whether there is one.
func (a *app) file(w http.ResponseWriter, r *http.Request, name string) bool {
	if name == "" || strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, ".") || !fs.ValidPath(name) {
		return false
	}
	content, encoding, err := a.read(name, r.Header.Get("Accept-Encoding"))
	if err != nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
	h.Set("Vary", "Accept-Encoding")
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	return true
}

// read gives a file in the best encoding that the caller takes.
func (a *app) read(name, accepted string) (content []byte, encoding string, err error) {
	for _, c := range [...]struct{ encoding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(accepted, c.encoding) {
			continue
		}
		content, err = fs.ReadFile(a.files, name+c.suffix)
		if err == nil {
			return content, c.encoding, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
	}
	content, err = fs.ReadFile(a.files, name)
	return content, "", err
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3): whether it names the encoding with a weight above 0.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		weight, given := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !given || err == nil && q > 0
	}
	return false
}
