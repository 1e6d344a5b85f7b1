package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/market"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// studied is a market brought in whole, measured at its end.
type studied struct {
	truth market.Truth
	model *measure.Model
	q     measure.Query
}

func study(t *testing.T, c market.Config) studied {
	t.Helper()
	c.Start = millrace.Time(1735689600000) // 2025-01-01
	m, err := market.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s := studied{truth: m.Truth()}
	w, err := Open(t.Context(), Config{DB: filepath.Join(t.TempDir(), "m.db"), Clock: func() millrace.Time { return m.End() }})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.FillMarket(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	if s.model, err = w.Measure.Model(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, last := c.Start.Std().UTC(), (m.End() - 1).Std().UTC()
	s.q = measure.Query{From: metrics.DayOf(first.Date()), To: metrics.DayOf(last.Date()), Horizon: 90}
	return s
}

// ownName is a market's channel as the playbook calls it.
func ownName(key, name string) string {
	return map[string]string{"content": "Content / SEO"}[key] + map[bool]string{true: name}[key != "content"]
}

// TestMeasuresAgainstTheMarket: what the measures count by channel is what the market did.
func TestMeasuresAgainstTheMarket(t *testing.T) {
	if testing.Short() {
		t.Skip("brings a market in")
	}
	s := study(t, market.Config{Seed: 3, Accounts: 60, Months: 6})
	q := s.q
	q.LeadBy = "first"
	rows := map[string]measure.ChannelMonth{}
	for _, r := range s.model.Channels(q).Own {
		rows[r.Channel] = r.Sum
	}
	var people, counted int64
	for _, c := range s.truth.Channels {
		got := rows[ownName(c.Key, c.Name)]
		if got.Spend.Minor != c.SpendMinor {
			t.Errorf("%s: spend %d, truly %d", c.Name, got.Spend.Minor, c.SpendMinor)
		}
		people, counted = people+int64(c.FirstLeads), counted+got.Leads
		if c.FirstLeads >= 20 && math.Abs(float64(got.Leads)/float64(c.FirstLeads)-1) > 0.25 {
			t.Errorf("%s: %d leads whose first touch it was, truly %d", c.Name, got.Leads, c.FirstLeads)
		}
	}
	if people == 0 || math.Abs(float64(counted)/float64(people)-1) > 0.1 {
		t.Errorf("%d leads by first touch, truly %d", counted, people)
	}
}

// TestWhatTheModelsRecover is the study of docs/measurement.md. MILLRACE_STUDY is how many accounts each of its markets has:
//
//	MILLRACE_STUDY=800 go test ./internal/app -run WhatTheModelsRecover -v -timeout 60m
func TestWhatTheModelsRecover(t *testing.T) {
	accounts, err := strconv.Atoi(os.Getenv("MILLRACE_STUDY"))
	if err != nil || accounts < 1 {
		t.Skip("MILLRACE_STUDY is not set to a number of accounts")
	}
	const seeds = 5
	far := map[string][2]float64{} // model → sums of distances to what caused the deals, and to what the people came by first
	caused, credited := map[string]float64{}, map[string]map[string]float64{}
	covered, intervals := 0, 0
	for seed := range uint64(seeds) {
		s := study(t, market.Config{Seed: seed + 1, Accounts: accounts, Months: 12})
		cause, first := map[string]float64{}, map[string]float64{}
		for _, c := range s.truth.Channels {
			cause[ownName(c.Key, c.Name)] += float64(c.Opportunities)
			first[ownName(c.Key, c.Name)] += float64(c.FirstLeads)
		}
		a, err := s.model.Attribution(context.Background(), measure.AttributionQuery{Query: s.q, Measure: attribution.Count, Moment: attribution.AtOpportunity, Options: attribution.TableOptions{Replicates: 100}})
		if err != nil {
			t.Fatal(err)
		}
		shares := map[string]map[string]float64{}
		for _, model := range a.Models {
			shares[model] = map[string]float64{}
			for _, r := range a.Rows {
				shares[model][r.Value] += float64(r.Credits[model])
			}
			d := far[model]
			far[model] = [2]float64{d[0] + apart(shares[model], cause), d[1] + apart(shares[model], first)}
			add(credited, model, shares[model])
		}
		for k, v := range scaled(cause) {
			caused[k] += v / seeds
		}
		won := s.model.Sales(s.q).Total.WinRate
		latent, deals := 0.0, 0
		for _, c := range s.truth.Accounts {
			if c.ChancePPM > 0 {
				latent, deals = latent+float64(c.ChancePPM)/1e6, deals+1
			}
		}
		if won.Interval != nil && won.Interval.Low != nil && deals > 0 {
			intervals++
			if truth := latent / float64(deals); *won.Interval.Low <= truth && truth <= *won.Interval.High {
				covered++
			}
			t.Logf("seed %d: win rate %.3f (%.3f to %.3f), the hidden chance %.3f", seed+1, *won.Value, *won.Interval.Low, *won.Interval.High, latent/float64(deals))
		}
	}
	models := slices.SortedFunc(maps.Keys(far), func(a, b string) int { return cmp.Compare(far[a][0], far[b][0]) })
	t.Logf("| model | from what caused the deals | from what people came by first |")
	for _, m := range models {
		t.Logf("| `%s` | %.2f | %.2f |", m, far[m][0]/seeds, far[m][1]/seeds)
	}
	head := append([]string{"channel", "caused"}, models...)
	t.Logf("| %s |", strings.Join(head, " | "))
	for _, name := range slices.Sorted(maps.Keys(caused)) {
		row := []string{name, fmt.Sprintf("%.0f%%", 100*caused[name])}
		for _, m := range models {
			row = append(row, fmt.Sprintf("%.0f%%", 100*credited[m][name]/seeds))
		}
		t.Logf("| %s |", strings.Join(row, " | "))
	}
	t.Logf("%d of %d intervals of the win rate hold the mean hidden chance", covered, intervals)
}

// scaled are shares of one.
func scaled(x map[string]float64) map[string]float64 {
	sum, out := 0.0, map[string]float64{}
	for _, v := range x {
		sum += v
	}
	for k, v := range x {
		if out[k] = 0; sum != 0 {
			out[k] = v / sum
		}
	}
	return out
}

// apart is the total variation distance between two divisions: 0 the same, 1 nothing in common.
func apart(a, b map[string]float64) float64 {
	x, y := scaled(a), scaled(b)
	sum := 0.0
	for k := range x {
		sum += math.Abs(x[k] - y[k])
	}
	for k := range y {
		if _, ok := x[k]; !ok {
			sum += y[k]
		}
	}
	return sum / 2
}

func add(into map[string]map[string]float64, model string, shares map[string]float64) {
	if into[model] == nil {
		into[model] = map[string]float64{}
	}
	for k, v := range scaled(shares) {
		into[model][k] += v
	}
}
