-- Entries into a stage by when they happened are counted from the index alone.

-- +goose Up
create index stage_fact_stage on stage_fact (stage, of_kind, at);

-- +goose Down
drop index stage_fact_stage;
