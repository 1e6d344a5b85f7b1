package channel

import (
	"testing"

	"millrace"
)

// BenchmarkClassify is what a fold pays for one fact, by what the visit is like.
func BenchmarkClassify(b *testing.B) {
	c := preset(b, "mid-market")
	for _, x := range []struct {
		name string
		v    Visit
	}{
		{"tagged", Visit{URL: "https://www.waymark-revenue.com/resources/icp-worksheet?utm_source=linkedin&utm_medium=paid-social&utm_campaign=committee-guide&li_fat_id=sim3k2j1", Referrer: "https://www.linkedin.com/"}},
		{"search", Visit{URL: "https://www.waymark-revenue.com/blog/speed-to-lead-benchmarks", Referrer: "https://www.google.com/"}},
		{"internal", Visit{URL: "https://www.waymark-revenue.com/pricing", Referrer: "https://www.waymark-revenue.com/blog/speed-to-lead-benchmarks"}},
		{"direct", Visit{URL: "https://www.waymark-revenue.com/"}},
		{"event", Visit{Event: "Form Submitted"}},
	} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if t := c.Classify(x.v); t.Group == "" {
					b.Fatal("no group")
				}
			}
		})
	}
}

// BenchmarkFromEvent reads a landing out of the context that a browser's SDK writes, and classifies it.
func BenchmarkFromEvent(b *testing.B) {
	c := preset(b, "mid-market")
	page := `{"path":"/resources/icp-worksheet","referrer":"https://www.linkedin.com/","search":"?utm_source=linkedin&utm_medium=paid-social&utm_campaign=committee-guide&li_fat_id=sim3k2j1","title":"ICP worksheet",` +
		`"url":"https://www.waymark-revenue.com/resources/icp-worksheet?utm_source=linkedin&utm_medium=paid-social&utm_campaign=committee-guide&li_fat_id=sim3k2j1"}`
	e := millrace.Event{Kind: millrace.KindPage, Host: "www.waymark-revenue.com", Data: []byte(page),
		Context: []byte(`{"library":{"name":"analytics.js","version":"next-1.81.0"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",` +
			`"locale":"en-US","timezone":"America/Chicago","ip":"192.0.2.7","page":` + page + `,"campaign":{"source":"linkedin","medium":"paid-social","name":"committee-guide"}}`)}
	b.ReportAllocs()
	for b.Loop() {
		v, ok := FromEvent(&e)
		if t := c.Classify(v); !ok || t.Channel != "LinkedIn ads" {
			b.Fatal(t.Channel)
		}
	}
}
