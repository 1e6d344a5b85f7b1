package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

// TestSalesOverTheAPI: a lead from the queue to an SQL, its owner, a conflict, and an opportunity to its end.
func TestSalesOverTheAPI(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		kim := f.person(t, "kim@millrace.test", access.Sales) // called kim
		if _, err := f.engine.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{
			{Source: "t", ID: "q1", Kind: millrace.KindTrack, Name: "Form Submitted", Email: "bo@acme-widgets.com", OccurredAt: now - millrace.Hour, Data: []byte(`{"message":"Do you run in the EU?"}`)},
			{Source: "t", ID: "q2", Kind: millrace.KindTrack, Name: "Site Search", Email: "anna@acme-widgets.com", OccurredAt: now - 2*millrace.Hour, Data: []byte(`{"query":"SOC 2","results":0}`)},
			{Source: "t", ID: "q3", Kind: millrace.KindTrack, Name: "Site Search", Email: "anna@acme-widgets.com", OccurredAt: now - 3*millrace.Hour, Data: []byte(`{"query":"pricing","results":4}`)},
			{Source: "t", ID: "d2", Kind: millrace.KindOpportunity, RecordID: "crm:d1", OccurredAt: now, // she is in no deal any more, so sales may take her up
				Data: fmt.Appendf(nil, `{"contacts":[{"email":"anna@acme-widgets.com","role":"","at":%q}]}`, now.String())},
		}}); err != nil {
			t.Fatal(err)
		}
		call := func(method, path, body string, status int, into any) {
			t.Helper()
			w := f.do(t, request{method: method, path: "/api/v1" + path, body: body, cookie: kim})
			if w.Code != status {
				t.Fatalf("%s %s %s: %d, want %d: %s", method, path, body, w.Code, status, w.Body)
			}
			if r, err := http.NewRequest(method, "/api/v1"+path, nil); err == nil {
				if _, pattern := f.mux.Handler(r); into != nil {
					check.check(t, pattern, w)
				}
			}
			if into != nil {
				if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
					t.Fatal(err)
				}
			}
		}
		var page directory.Page[directory.Contact]
		call("GET", "/leads", "", 200, &page)
		if len(page.Data) != 1 || len(page.Data[0].Reasons) == 0 || !strings.HasPrefix(page.Data[0].Reasons[0], "Read the pricing page") {
			t.Fatalf("%+v", page.Data)
		}
		lead := page.Data[0]
		act := func(name, more string) string {
			return fmt.Sprintf(`{"saw_position":%d%s}`, lead.StagePosition, more)
		}
		var s engine.Standing
		call("POST", "/leads/"+lead.ID+"/accept", act("accept", ""), 200, &s)
		if s.Stage != millrace.StageAccepted || s.Owner != "Kim" {
			t.Fatalf("%+v", s)
		}
		call("POST", "/leads/"+lead.ID+"/reject", act("reject", `,"reason":"not_now","note":"what was typed"`), 409, nil)
		lead.StagePosition = s.Position
		call("POST", "/leads/"+lead.ID+"/qualify", act("qualify", `,"evidence":{"budget":"50k"}`), 422, nil)
		call("POST", "/leads/"+lead.ID+"/qualify", act("qualify", `,"evidence":{"budget":"50k","authority":"CFO","need":"yes","timeline":"Q3"}`), 200, &s)
		if s.Stage != millrace.StageSQL {
			t.Fatalf("%+v", s)
		}
		call("POST", "/leads/"+lead.ID+"/undo", `{}`, 200, &s)
		call("POST", "/leads/"+lead.ID+"/assign", `{"owner":"Lee","saw_owner":"Kim"}`, 200, &s)
		call("POST", "/leads/"+lead.ID+"/assign", `{"owner":"Max","saw_owner":"Kim"}`, 409, nil)
		var all directory.Page[engine.Standing]
		call("POST", "/leads/assign", fmt.Sprintf(`{"leads":[%q,"bo@acme-widgets.com"],"owner":"Kim"}`, lead.ID), 200, &all)
		if len(all.Data) != 2 || all.Data[1].Owner != "Kim" {
			t.Fatalf("%+v", all.Data)
		}
		call("GET", "/leads?stage=accepted&owner=Kim&sort=stage_at&owned=true&waiting_since="+now.String(), "", 200, &page)
		if len(page.Data) != 1 || page.Data[0].Owner != "Kim" || page.Data[0].Stage != "accepted" {
			t.Fatalf("%+v", page.Data)
		}
		for _, none := range []string{"owned=false", "owner=Lee", "waiting_since=" + (now - 1).String()} {
			if call("GET", "/leads?stage=accepted&"+none, "", 200, &page); len(page.Data) != 0 {
				t.Errorf("%s: %+v", none, page.Data)
			}
		}
		var asked directory.Page[directory.Question]
		call("GET", "/leads/"+lead.ID+"/questions", "", 200, &asked)
		if len(asked.Data) != 2 || asked.Data[0].Text != "Do you run in the EU?" || asked.Data[0].Kind != "said" || asked.Data[1].Text != "SOC 2" || asked.Data[1].Contact == nil {
			t.Fatalf("%+v", asked.Data)
		}
		var options optionsBody
		call("GET", "/sales/options", "", 200, &options)
		if len(options.RejectReasons) != 10 || len(options.Evidence) != 4 || options.Evidence[0].Question == "" || len(options.DealStages) != 4 || strings.Join(options.Owners, " ") != "kim" {
			t.Fatalf("%+v", options)
		}

		var deal directory.OpportunityDetail
		call("POST", "/opportunities", fmt.Sprintf(`{"name":"Pilot","account":"acme-widgets.com","amount":"9000","contacts":[{"contact":%q,"role":"champion"}]}`, lead.ID), 201, &deal)
		if deal.Stage != "Discovery" || deal.Owner != "kim" || len(deal.Contacts) != 1 || deal.Account == nil {
			t.Fatalf("%+v", deal)
		}
		call("PATCH", "/opportunities/"+deal.ID, `{"stage":"Proposal","saw":{"stage":"Discovery"}}`, 200, &deal)
		call("PATCH", "/opportunities/"+deal.ID, `{"stage":"Evaluation","saw":{"stage":"Discovery"}}`, 409, nil)
		call("PATCH", "/opportunities/"+deal.ID, `{"owner":"lee","saw":{"owner":"kim"}}`, 200, &deal)
		call("PATCH", "/opportunities/"+deal.ID, `{"owner":"max","saw":{"owner":"kim"}}`, 409, nil)
		call("PATCH", "/opportunities/"+deal.ID, `{"amount":"9500","saw":{"amount":"9000"}}`, 200, &deal)
		call("POST", "/opportunities/"+deal.ID+"/close", `{"status":"won","reason":"they know us","saw":{"stage":"Proposal","amount":"9000"}}`, 409, nil)
		if deal.Owner != "lee" || deal.Amount != "9500" {
			t.Fatalf("%+v", deal)
		}
		call("POST", "/opportunities/"+deal.ID+"/close", `{"status":"won","reason":" "}`, 422, nil)
		call("POST", "/opportunities/"+deal.ID+"/close", `{"status":"won","reason":"they know us"}`, 200, &deal)
		call("POST", "/opportunities/"+deal.ID+"/close", `{"status":"lost","reason":"no"}`, 409, nil)
		call("POST", "/opportunities/"+deal.ID+"/reopen", ``, 200, &deal)
		if deal.Status != "open" || len(deal.Stages) != 2 || deal.Stages[1].By != "kim" {
			t.Fatalf("%+v", deal)
		}
		viewer := f.person(t, "viewer@millrace.test", access.Viewer)
		if w := f.do(t, request{method: "POST", path: "/api/v1/leads/" + lead.ID + "/accept", body: `{}`, cookie: viewer}); w.Code != 403 {
			t.Errorf("a viewer accepts: %d", w.Code)
		}
		x, err := f.engine.Explain(t.Context(), lead.ID, engine.AsOf{})
		if err != nil || x.Decisions[len(x.Decisions)-1].By != "kim" {
			t.Fatalf("%+v, %v", x.Decisions, err)
		}
	})
}
