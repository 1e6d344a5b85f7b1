-- Which process works on an import, and when it last said so: an import whose process is gone has broken off.

-- +goose Up
alter table import add column holder #text# not null default '';
alter table import add column signed_at #bigint# not null default 0;

-- +goose Down
alter table import drop column signed_at;
alter table import drop column holder;
