-- When a CRM's record that states a stage was written down. What is kept of stages is read from the log anew.

-- +goose Up
alter table stage_fact add column stated #bigint# not null default 0;

-- +goose Down
alter table stage_fact drop column stated;
