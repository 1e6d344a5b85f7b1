package directory

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
)

func TestSpend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, day0)
		cost := func(id, data string) millrace.Event {
			return millrace.Event{Source: "csv", ID: id, Kind: millrace.KindSpend, RecordID: "csv:" + id, OccurredAt: day0, Data: []byte(data)}
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{
			cost("a", `{"from":"2026-03-01","to":"2026-03-01","amount":"10.50","currency":"EUR","platform":"google_ads","campaign":"Brand","campaign_id":"7","clicks":3,"impressions":40}`),
			cost("b", `{"from":"2026-03-02","to":"2026-03-02","amount":"-2","currency":"EUR","platform":"google_ads","campaign":"Brand, new name","campaign_id":"7"}`),
			cost("c", `{"from":"2026-03-01","to":"2026-03-31","amount":"3100","currency":"JPY","category":"people","channel":"Content / SEO"}`),
			cost("d", `{"from":"2026-04-01","amount":"5"}`)}}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			f    SpendFilter
			want []string
		}{
			{SpendFilter{}, []string{"2026-04-01 5 USD media", "2026-03-02 -2 EUR media", "2026-03-01 3100 JPY people", "2026-03-01 10.50 EUR media"}},
			{SpendFilter{Sort: "newest", Paging: Paging{Limit: 1}}, []string{"2026-04-01 5 USD media"}},
			{SpendFilter{Platform: "google_ads", From: "2026-03-02"}, []string{"2026-03-02 -2 EUR media"}},
			{SpendFilter{From: "2026-03-15", To: "2026-03-20"}, []string{"2026-03-01 3100 JPY people"}},
			{SpendFilter{Campaign: "Brand"}, []string{"2026-03-01 10.50 EUR media"}},
			{SpendFilter{Channel: "Content / SEO", Category: "people", Currency: "JPY"}, []string{"2026-03-01 3100 JPY people"}},
			{SpendFilter{Channel: "content"}, nil},
		} {
			p, err := d.Spend(t.Context(), c.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range p.Data {
				got = append(got, fmt.Sprint(s.From, " ", s.Amount, " ", s.Currency, " ", s.Category))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%+v: %q, want %q", c.f, got, c.want)
			}
		}
		var all []Spend
		for s, err := range d.AllSpend(t.Context(), SpendFilter{Paging: Paging{Limit: 1}}) {
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, s); len(s.Cells()) != len(SpendColumns()) {
				t.Errorf("%d cells under %d columns", len(s.Cells()), len(SpendColumns()))
			}
		}
		if len(all) != 4 || all[3].CampaignID != "7" || all[3].Clicks != 3 || all[3].Impressions != 40 || all[2].To != "2026-03-31" || all[3].ExternalID != "csv:a" || all[3].ID == "" {
			t.Errorf("%+v", all)
		}
		st, err := d.Stats(t.Context())
		if want := map[string]string{"EUR": "8.50", "JPY": "3100", "USD": "5"}; err != nil || fmt.Sprint(st.Spend) != fmt.Sprint(want) {
			t.Errorf("%v, %v", st.Spend, err)
		}
		for field, f := range map[string]SpendFilter{"from": {From: "March"}, "to": {To: "2026-13-01"}, "sort": {Sort: "amount"}, "channel": {Channel: "a\x00"}} {
			_, err := d.Spend(t.Context(), f)
			if e, ok := errors.AsType[*millrace.Error](err); !ok || e.Code != millrace.Invalid || e.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}
