-- Reports that were published: what they said, of which position of the log, under which playbook and clock. Rows are never changed.

-- +goose Up
create table published_report (
  id       #rowid#,
  kind     #text# not null,
  title    #text# not null,
  query    #text# not null, -- JSON: what was asked
  position #bigint# not null, -- log position that it is of
  playbook #text# not null,
  at       #bigint# not null, -- the clock that it is of, and when it was published
  made_by  #text# not null,
  code     #text# not null, -- version of the program
  body     #blob# not null, -- JSON: what was answered; no personal values
  sha256   #text# not null -- hex, of body
);

-- +goose Down
drop table published_report;
