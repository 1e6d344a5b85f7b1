-- The name of an author who was deleted: what they shared stays under it.

-- +goose Up
alter table saved_view add column author #text# not null default '';

-- +goose Down
alter table saved_view drop column author;
