package sheet

import "testing"

func TestCleaning(t *testing.T) {
	for in, want := range map[string]string{" A.B@C.example ": "a.b@c.example", "mailto:x@y.example": "x@y.example", "Jane Doe <jane@d.example>": "jane@d.example",
		"bad; ok@z.example": "ok@z.example", "no": "", "a@b": "", "a b@c.example": "", "a@@b.example": "", "a@b..example": ""} {
		if got, _, _ := Email(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"+49 (30) 123-4567": "+49301234567", "0049 30 1234567": "+49301234567", "p:+15551234567": "+15551234567", "(555) 123-4567 ext. 12": "5551234567 x12",
		"1.5551E+10": "", "call me": "", "123": "", "+1+2345678": ""} {
		if got, _ := Phone(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"https://www.Acme.example/about?x": "acme.example", "acme.example": "acme.example", "WWW.ACME.EXAMPLE.": "acme.example", "n o": "", "http://": "", "localhost": ""} {
		if got := Domain(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"Original Source Drill-Down 1": "original_source_drill_down_1", "planName": "plan_name", "  Größe (cm) ": "größe_cm", "URL": "url", "%%": ""} {
		if got := Snake(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
