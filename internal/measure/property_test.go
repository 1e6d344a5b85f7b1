package measure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"millrace"

	"pgregory.net/rapid"
)

// drawn is a fact of a few people on a few devices of two firms, at a moment of its own: what comes of facts of one moment is by their position.
func drawn(t *rapid.T, n int) millrace.Event {
	day := float64(rapid.IntRange(0, 100).Draw(t, "day")) + float64(n)/1000
	user := rapid.SampledFrom([]string{"", "u1", "u2", "u3", "u4", "u5"}).Draw(t, "user")
	anon := rapid.SampledFrom([]string{"a1", "a2", "a3"}).Draw(t, "anon")
	mail := rapid.SampledFrom([]string{"anna@acme-widgets.com", "bob@acme-widgets.com", "cleo@beta-house.io", "dan@gmail.com"}).Draw(t, "mail")
	firm := rapid.SampledFrom([]string{"acme-widgets.com", "beta-house.io"}).Draw(t, "firm")
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0, 1:
		return arrive(day, user, anon, rapid.SampledFrom([]string{"", linkedIn, google, "?utm_source=Google&utm_medium=CPC"}).Draw(t, "url"),
			rapid.SampledFrom([]string{"", "https://www.google.com/", "https://www.g2.com/", "https://www.millrace.test/"}).Draw(t, "referrer"))
	case 2:
		return identify(day, user, anon, mail, rapid.SampledFrom([]string{"", `,"how_did_you_hear":"A podcast"`, `,"how_did_you_hear":"LinkedIn ads"`}).Draw(t, "said"))
	case 3:
		return track(day, user, anon, rapid.SampledFrom([]string{"Webinar Attended", "Something Else"}).Draw(t, "name"), `{"title":"A webinar"}`)
	case 4:
		return millrace.Event{Kind: millrace.KindGroup, UserID: "u1", GroupID: firm, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"domain":%q}`, firm))}
	case 5:
		return opp(fmt.Sprint("D", n), firm, rapid.SampledFrom([]string{"open", "won", "lost"}).Draw(t, "status"), day, day+20, "1000")
	default:
		return record(millrace.KindSpend, fmt.Sprint("S", n), fmt.Sprintf(`{"from":%q,"to":%q,"platform":"google_ads","campaign":"brand","amount":"70","currency":"USD"}`,
			stamp(day)[:10], stamp(day)[:10]))
	}
}

// TestAnyOrderAndBatching: the same facts in any order, in any batches, followed at any moments in slices of any size, answer the same.
func TestAnyOrderAndBatching(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "measure")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		var facts []millrace.Event
		for n := range rapid.IntRange(1, 25).Draw(t, "facts") {
			e := drawn(t, n)
			e.ID = fmt.Sprint("m", n)
			facts = append(facts, e)
		}
		one := openWorld(t, filepath.Join(dir, "one.db"))
		defer one.close()
		for _, e := range facts {
			one.add(e)
		}
		want := answers(t, one.apply().model())

		other := openWorld(t, filepath.Join(dir, "other.db"))
		defer other.close()
		other.r.slice = int64(rapid.IntRange(1, 9).Draw(t, "slice"))
		for _, e := range rapid.Permutation(facts).Draw(t, "order") {
			other.add(e)
			if rapid.Bool().Draw(t, "apply") {
				other.apply()
			}
			if rapid.IntRange(0, 3).Draw(t, "follow") == 0 {
				if err := other.r.Follow(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := answers(t, other.apply().model()); neutral(got) != neutral(want) {
			t.Fatalf("in another order:\n%s\nwant\n%s", got, want)
		}
		other.clean()
	})
}

// neutral takes the public ids out of an answer, which follow the order in which things were first named.
func neutral(answer string) string { return ids.ReplaceAllString(answer, "id") }

var ids = regexp.MustCompile(`(con|acc|opp)_\d+`)
