package collect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"millrace"
)

// allowOrigin lets pages of every site send: a write key is public, and no answer holds data. Credentials are not allowed.
func allowOrigin(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-Millrace-Dropped")
}

// sdkHeaders are what SDKs of this protocol and its relatives ask to send.
const sdkHeaders = "Authorization, Content-Type, Content-Encoding, AnonymousId, SentAt, X-Retry-Count, X-Write-Key, Rsa-Recovered"

// preflight allows the headers above and whatever else the page asks for: SDKs let their users add headers.
func preflight(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w)
	allowed := sdkHeaders
	for name := range strings.SplitSeq(r.Header.Get("Access-Control-Request-Headers"), ",") {
		name = strings.TrimSpace(name)
		if name != "" && len(name) <= 64 && len(allowed) < 2048 && strings.Trim(name, tokenChars) == "" &&
			!strings.Contains(strings.ToLower(allowed), strings.ToLower(name)) {
			allowed += ", " + name
		}
	}
	head := w.Header()
	head.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	head.Set("Access-Control-Allow-Headers", allowed)
	head.Set("Access-Control-Max-Age", "86400")
	head.Set("Vary", "Access-Control-Request-Headers")
	w.WriteHeader(http.StatusNoContent)
}

const tokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// settings answers what analytics.js asks for at start: there is one destination, this server, and nothing is reported to anyone else.
func (h *Handler) settings(w http.ResponseWriter, r *http.Request) {
	writeKey := r.PathValue("writeKey")
	if !h.knownKey(w, r, writeKey) {
		return
	}
	scheme, host := h.self(r)
	writeJSON(w, map[string]any{
		"integrations": map[string]any{"Segment.io": map[string]any{
			"apiKey": writeKey, "apiHost": host + "/v1", "protocol": scheme,
			"unbundledIntegrations": []string{}, "addBundledMetadata": true, "maybeBundledConfigIds": map[string]any{},
			"versionSettings": map[string]any{"version": "4.4.7", "componentTypes": []string{"browser"}},
		}},
		"analyticsNextEnabled":      true,
		"middlewareSettings":        map[string]any{"routingRules": []any{}},
		"enabledMiddleware":         map[string]any{},
		"metrics":                   map[string]any{"sampleRate": 0, "host": host + "/v1"},
		"legacyVideoPluginsEnabled": false,
		"remotePlugins":             []any{},
	})
}

// sourceConfig answers what RudderStack's browser and mobile SDKs ask for at start: an enabled source without destinations of its own.
func (h *Handler) sourceConfig(w http.ResponseWriter, r *http.Request) {
	writeKey, _, _ := r.BasicAuth()
	if writeKey == "" {
		writeKey = r.URL.Query().Get("writeKey")
	}
	if !h.knownKey(w, r, writeKey) {
		return
	}
	off := map[string]any{"enabled": false}
	scheme, host := h.self(r)
	writeJSON(w, map[string]any{
		"source": map[string]any{
			"id": writeKey, "name": "Millrace", "writeKey": writeKey, "enabled": true, "workspaceId": "millrace",
			"config":       map[string]any{"statsCollection": map[string]any{"errors": off, "metrics": off}},
			"connections":  []any{},
			"destinations": []any{},
			"dataplanes":   map[string]any{"US": []any{map[string]any{"url": scheme + "://" + host, "default": true}}},
		},
		"updatedAt": time.UnixMilli(0).UTC().Format(time.RFC3339),
	})
}

// knownKey replies itself, and gives false, when the write key is not known or cannot be looked up.
func (h *Handler) knownKey(w http.ResponseWriter, r *http.Request, writeKey string) bool {
	allowOrigin(w)
	status, msg := http.StatusNotFound, "this write key is unknown or revoked"
	if writeKey != "" && len(writeKey) <= 256 {
		_, ok, err := h.keys.WriteKey(r.Context(), writeKey)
		if err == nil && ok {
			return true
		}
		if err != nil {
			h.log.Error("collect: a write key could not be looked up", "error", err)
			status, msg = http.StatusServiceUnavailable, "the write key could not be looked up just now"
			w.Header().Set("Retry-After", "1")
		}
	}
	writeError(w, status, msg)
	return false
}

// self is where the browser reaches this server.
func (h *Handler) self(r *http.Request) (scheme, host string) {
	if u, err := url.Parse(h.publicURL); err == nil && u.Host != "" {
		return u.Scheme, u.Host + strings.TrimSuffix(u.Path, "/")
	}
	scheme = "http"
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		scheme = "https"
	}
	return scheme, r.Host
}

func writeJSON(w http.ResponseWriter, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, max-age=120")
	_, _ = w.Write(b)
}

func writeError(w http.ResponseWriter, status int, msg string) {
	b, err := json.Marshal(map[string]any{"success": false, "message": msg})
	if err != nil {
		panic(err) // a string and a bool
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// noScript answers requests for Segment's hosted script: the SDK is not part of this server.
func noScript(w http.ResponseWriter, _ *http.Request) {
	allowOrigin(w)
	writeError(w, http.StatusNotFound, "this server does not host analytics.js: install @segment/analytics-next in the site and give it this server as cdnURL")
}

// pixelGIF is one transparent pixel.
var pixelGIF = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// pixel takes one event from the URL: ?data= holds its JSON in base64, of either alphabet and with or without padding.
func (h *Handler) pixel(w http.ResponseWriter, r *http.Request) {
	allowOrigin(w)
	name := r.PathValue("type")
	kind, ok := kinds[name]
	if !ok {
		writeError(w, http.StatusNotFound, "there is no pixel of this type")
		return
	}
	rt := route{kind: kind, pixel: true, single: name}
	if r.Method == http.MethodHead { // asks whether the image is there; nobody has seen it
		h.reply(w, rt, http.StatusOK, nil)
		return
	}
	var doc envelope
	body, ref := pixelData(r.URL.Query().Get("data"))
	if ref == nil {
		doc, ref = open(string(body), rt)
	}
	h.answer(w, r, rt, doc, ref)
}

func pixelData(data string) ([]byte, *refusal) {
	// A plus sign in a query is a space to whoever parses it.
	data = strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(strings.TrimRight(data, "="))
	body, err := base64.RawStdEncoding.DecodeString(data)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, code: millrace.Invalid, drop: millrace.DropMalformed, message: "data is not base64"}
	}
	return bytes.TrimSpace(body), nil
}
