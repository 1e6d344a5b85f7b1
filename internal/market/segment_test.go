package market

import (
	"encoding/json"
	"testing"
	"time"

	"millrace"
)

func TestSegmentBatchIsWhatSDKsSend(t *testing.T) {
	events := []millrace.Event{
		{ID: "m1", Kind: millrace.KindIdentify, SentAt: 1_700_000_000_123, ReceivedAt: 1_700_000_001_000, AnonymousID: "a", UserID: `q"u\` + "\n\x01é",
			Data: []byte(`{"email":"x@y.z"}`), Context: []byte(`{"locale":"de"}`)},
		{ID: "m2", Kind: millrace.KindContact},
		{ID: "m3", Kind: millrace.KindTrack, Name: "Signed Up", UserID: "u", ReceivedAt: 1_700_000_005_000},
		{ID: "m4", Kind: millrace.KindPage, Name: "Home", AnonymousID: "a"},
		{ID: "m5", Kind: millrace.KindAlias, UserID: "u", PreviousID: "p"},
		{ID: "m6", Kind: millrace.KindGroup, UserID: "u", GroupID: "g", Data: []byte(`{}`)},
	}
	var got struct {
		Batch  []map[string]any
		SentAt string
	}
	if err := json.Unmarshal(SegmentBatch(events), &got); err != nil {
		t.Fatal(err)
	}
	have, _ := json.Marshal(got)
	want := `{"Batch":[{"anonymousId":"a","context":{"locale":"de"},"messageId":"m1","timestamp":"2023-11-14T22:13:20.123Z",` +
		`"traits":{"email":"x@y.z"},"type":"identify","userId":"q\"u\\\n\u0001é"},` +
		`{"event":"Signed Up","messageId":"m3","type":"track","userId":"u"},` +
		`{"anonymousId":"a","messageId":"m4","name":"Home","type":"page"},` +
		`{"messageId":"m5","previousId":"p","type":"alias","userId":"u"},` +
		`{"groupId":"g","messageId":"m6","traits":{},"type":"group","userId":"u"}],"SentAt":"2023-11-14T22:13:25.000Z"}`
	if string(have) != want {
		t.Errorf("got  %s\nwant %s", have, want)
	}
	if body := AppendSegment([]byte("x"), nil, 0); string(body) != `x{"batch":[]}` {
		t.Errorf("an empty batch is %s", body)
	}
}

func TestTimesAreWrittenAsTheStandardLibraryDoes(t *testing.T) {
	for _, at := range []millrace.Time{1, 951_782_399_999, 951_782_400_000, 1_709_164_800_001, 1_735_689_599_999, 4_102_444_800_000, 253_402_300_799_999,
		253_402_300_800_000, -5, millrace.TimeOf(time.Date(2100, 3, 1, 0, 0, 0, 0, time.UTC))} {
		if got := string(appendTime(nil, at)); got != at.String() {
			t.Errorf("%d: %s, want %s", at, got, at.String())
		}
	}
	for day := range millrace.Time(60_000) {
		at := day*millrace.Day + 45_296_789
		if got := string(appendTime(nil, at)); got != at.String() {
			t.Fatalf("%d: %s, want %s", at, got, at.String())
		}
	}
}
