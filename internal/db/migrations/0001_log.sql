-- The log and what belongs to it. Derived tables are not made here: each projection makes its own, because a rebuild makes them again.

-- +goose Up
create table event (
  seq         #rowid#,
  kind        #small# not null,
  flags       #small# not null,
  subject     #bigint# not null, -- identifier that the fact is about; 0 for the system's own
  anon        #bigint# not null, -- identifier of the anonymous id beside a known subject, else 0
  object      #bigint# not null, -- identifier of the second party: group, previous id, merged one; else 0
  name        #bigint# not null, -- interned event name, 0 none
  place       #bigint# not null, -- interned host and path, 0 none
  source      #bigint# not null,
  import      #bigint# not null, -- the import that first brought it, 0 for live sources
  occurred_at #bigint# not null,
  recorded_at #bigint# not null, -- 0: received_at
  received_at #bigint# not null,
  refs        #blob#,              -- further identifiers that the fact names, by the part they play
  body        #blob#               -- personal: removed by erasure
);
#postgres# alter table event alter column body set statistics 0;
create index event_import on event (import, seq) where import > 0;

create table event_key (
  sent_at #bigint# not null, -- the sender's own timestamp first, so that the key stays local
  h1      #bigint# not null, -- 128 bits of the keyed hash of (source, id)
  h2      #bigint# not null,
  seq     #bigint# not null,
  primary key (sent_at, h1, h2)
) #norowid#;

create table event_subject (
  chunk   #bigint# not null, -- seq >> 14
  subject #bigint# not null,
  seq     #bigint# not null,
  primary key (chunk, subject, seq)
) #norowid#;

create table event_chunk (chunk #rowid#);

create table event_bringer (
  seq    #bigint# not null,
  import #bigint# not null,
  at     #bigint# not null, -- when this further import brought the fact
  primary key (seq, import)
) #norowid#;
create index event_bringer_import on event_bringer (import, seq);

create table identifier (
  id        #rowid#,
  value     #text# not null, -- personal: removed by erasure
  first_seq #bigint# not null
);
create unique index identifier_value on identifier (value);
#postgres# alter table identifier alter column value set statistics 0;

create table link (
  a #bigint# not null, -- every pair of identifiers that a fact ever put together, both ways round
  b #bigint# not null,
  primary key (a, b)
) #norowid#;

create table interned (
  id    #rowid#,
  value #text# not null
);
create unique index interned_value on interned (value);

create table import (
  id          #rowid#,
  entity      #text# not null,
  file        #text# not null,
  format      #text# not null,
  sha256      #text# not null,
  started_by  #text# not null,
  started_at  #bigint# not null,
  finished_at #bigint# not null,
  undone_at   #bigint# not null,
  undone_seq  #bigint# not null,
  undo_cursor #bigint# not null, -- facts up to here were folded again since the undo
  summary     #text# not null
);

create table drop_count (
  day    #bigint# not null,
  reason #text# not null,
  source #text# not null,
  count  #bigint# not null,
  primary key (day, reason, source)
) #norowid#;

create table dropped (
  id     #rowid#,
  at     #bigint# not null,
  reason #text# not null,
  source #text# not null,
  type   #text# not null,
  event  #text# not null,
  detail #text# not null,
  count  #bigint# not null
);

create table playbook (
  version    #text# primary key,
  source     #text# not null
) #norowid#;

-- Which playbook ruled from which position on: the playbook facts, by position.
create table ruling (
  seq        #rowid#,
  version    #text# not null,
  at         #bigint# not null,
  applied_by #text# not null,
  note       #text# not null
);

create table api_key (
  id         #text# primary key,
  kind       #text# not null, -- write or secret
  name       #text# not null,
  hash       #blob# not null,
  hint       #text# not null, -- first characters, to recognise it by
  scopes     #text# not null,
  rate       #bigint# not null,
  created_at #bigint# not null,
  revoked_at #bigint# not null
);
create unique index api_key_hash on api_key (hash);

create table setting (
  name  #text# primary key,
  value #text# not null
);

-- One row: its update is the first statement of every write, so writers of all nodes follow each other and positions follow commit order.
create table writer (
  id      #rowid#,
  version #bigint# not null,
  node    #bigint# not null,
  seq     #bigint# not null, -- last position given
  next_id #bigint# not null  -- next identifier id
);
insert into writer (id, version, node, seq, next_id) values (1, 0, 0, 0, 1);

-- Subjects that a background refold has still to visit.
create table refold (
  kind    #small# not null, -- 1 contact identifier, 2 account identifier, 3 opportunity, 4 rep or product
  subject #bigint# not null,
  primary key (kind, subject)
) #norowid#;

-- +goose Down
drop table refold; drop table writer; drop table setting; drop table api_key; drop table ruling; drop table playbook; drop table dropped; drop table drop_count;
drop table import; drop table interned; drop table link; drop table identifier; drop table event_bringer; drop table event_chunk;
drop table event_subject; drop table event_key; drop table event;
