package collect

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"millrace"
)

// FuzzBatch: whatever a body holds, every event of it is applied or dropped with a reason of the list, and what is applied is sound text and
// JSON that the standard library reads.
func FuzzBatch(f *testing.F) {
	for _, c := range apiCases {
		if strings.HasPrefix(c.path, "/v1/b") && len(c.body) < 10_000 {
			f.Add(c.body)
		} else if len(c.body) < 10_000 {
			f.Add(batch(c.body))
		}
	}
	reasons := map[millrace.DropReason]bool{}
	for _, r := range millrace.DropReasons() {
		reasons[r] = true
	}
	agents := newAgents()
	f.Fuzz(func(t *testing.T, body string) {
		doc, ref := open(body, route{})
		if ref != nil {
			if !reasons[ref.drop] || ref.message == "" || !utf8.ValidString(ref.message) {
				t.Errorf("refused without a reason: %+v", ref)
			}
			return
		}
		req := &request{received: now, agents: agents, ip: "192.0.2.1", sentAt: doc.sentAt, context: doc.context, unsound: doc.unsound, salvaged: doc.salvaged}
		b, drops := process(req, doc.events)
		n := int64(len(b.Events))
		for _, d := range drops.drops {
			n += d.Count
			if !reasons[d.Reason] || d.Detail == "" || !utf8.ValidString(d.Detail+d.ID) {
				t.Errorf("drop %+v", d)
			}
		}
		if n != int64(len(doc.events)) {
			t.Errorf("%d events became %d", len(doc.events), n)
		}
		for _, e := range b.Events {
			checkEvent(t, e)
		}
	})
}

func checkEvent(t *testing.T, e millrace.Event) {
	if e.ID == "" || e.Kind == 0 || e.UserID == "" && e.AnonymousID == "" || e.OccurredAt < oldest || e.OccurredAt > now {
		t.Errorf("event %+v", e)
	}
	for _, s := range []string{e.ID, e.Name, e.AnonymousID, e.UserID, e.PreviousID, e.GroupID, e.Email, e.Host, e.Path} {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") || len(s) > maxPath {
			t.Errorf("text %q", s)
		}
	}
	if strings.ContainsAny(e.Host+e.Path, "?#") {
		t.Errorf("query in %q %q", e.Host, e.Path)
	}
	for _, raw := range []json.RawMessage{e.Data, e.Context} {
		if raw == nil {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal(raw, &v); err != nil || !utf8.Valid(raw) {
			t.Errorf("%s: %v", raw, err)
		}
		checkNUL(t, v)
	}
}

func checkNUL(t *testing.T, v any) {
	switch v := v.(type) {
	case string:
		if strings.Contains(v, "\x00") {
			t.Errorf("NUL in %q", v)
		}
	case map[string]any:
		for k, w := range v {
			checkNUL(t, k)
			checkNUL(t, w)
		}
	case []any:
		for _, w := range v {
			checkNUL(t, w)
		}
	}
}

// FuzzClean: cleaning changes nothing but white space and NULs, and twice is once.
func FuzzClean(f *testing.F) {
	for _, s := range []string{`{"a": [1, -2.5e3, true, null, "x\"\\\u0000y"]}`, `"\\u0000"`, `1e999`, `[[[]]]`, ` { "b" :"\\\u0000" } `} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if checkBody(raw) != nil {
			return
		}
		out, bad := clean(raw)
		if bad != nil {
			_ = placeAt(raw, bad.at)
			return
		}
		again, bad := clean(string(out))
		if bad != nil || string(again) != string(out) {
			t.Fatalf("%q became %q, then %q", raw, out, again)
		}
		if strings.Contains(raw, `\u0000`) {
			return
		}
		var a, b any
		errA, errB := json.Unmarshal([]byte(raw), &a), json.Unmarshal(out, &b)
		if errA != nil || errB != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q became %q: %v %v", raw, out, errA, errB)
		}
	})
}
