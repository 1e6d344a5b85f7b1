package api

import (
	"context"

	"millrace/internal/channel"
)

type channelInput struct {
	URL      string `query:"url" maxLength:"8192" doc:"The page that was arrived at, with its query; the path and query alone will do"`
	Referrer string `query:"referrer" maxLength:"8192" doc:"The page before it, or android-app://<package>"`
	Source   string `query:"source" maxLength:"500" doc:"utm_source, in place of the URL's"`
	Medium   string `query:"medium" maxLength:"500" doc:"utm_medium"`
	Campaign string `query:"campaign" maxLength:"500" doc:"utm_campaign"`
	Term     string `query:"term" maxLength:"500" doc:"utm_term"`
	Content  string `query:"content" maxLength:"500" doc:"utm_content"`
	Event    string `query:"event" maxLength:"500" doc:"Name of a tracked event, for touches that are no pages"`
}

// channelOf says what one visit comes to under the playbook that rules.
func (a *API) channelOf(ctx context.Context, in *channelInput) (*reply[channel.Answer], error) {
	v := channel.Visit{URL: in.URL, Referrer: in.Referrer, Source: in.Source, Medium: in.Medium, Campaign: in.Campaign, Term: in.Term, Content: in.Content, Event: in.Event}
	if err := v.Check(); err != nil {
		return nil, err
	}
	history, err := a.engine.Rulings(ctx) // another process may have applied one
	if err != nil || len(history) == 0 {
		return nil, err
	}
	pb, err := a.engine.PlaybookVersion(ctx, history[0].Version)
	if err != nil {
		return nil, err
	}
	return &reply[channel.Answer]{channel.New(pb.Channels, pb.Workspace.Hosts).Classify(v).Answer()}, nil
}
