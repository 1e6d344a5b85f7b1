-- A change of a schedule that names an older revision is refused, and the one who asked is told whose change it was.

-- +goose Up
alter table report_schedule add column revision #bigint# not null default 1;
alter table report_schedule add column changed_by #text# not null default '';

-- +goose Down
alter table report_schedule drop column revision;
alter table report_schedule drop column changed_by;
