-- How an import's file is read: mappings of one name differ by their content. An import goes on with another only where it is read in the same way.

-- +goose Up
alter table import add column reading #text# not null default '';

-- +goose Down
alter table import drop column reading;
