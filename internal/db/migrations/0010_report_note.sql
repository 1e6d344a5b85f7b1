-- What whoever published a report wrote beside it.

-- +goose Up
alter table published_report add column note #text# not null default '';

-- +goose Down
alter table published_report drop column note;
