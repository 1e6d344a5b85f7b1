-- Corrections of campaign tags, as the measurement room keeps them of the log.

-- +goose Up
create table retag (
  seq       #rowid#, -- of the fact, and the correction's id
  at        #bigint# not null,
  rule      #text# not null, -- JSON: which tags are meant, and what they are read as
  note      #text# not null,
  made_by   #text# not null,
  undone_at #bigint# not null, -- 0: it stands
  undone_by #text# not null
);

-- +goose Down
drop table retag;
