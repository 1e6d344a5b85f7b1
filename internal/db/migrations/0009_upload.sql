-- Files that wait to be imported, and mappings that were chosen for files of the same headers. The files themselves lie in a folder beside the
-- database; one without a row here is removed, so that taking the row away takes the file away on every node.

-- +goose Up
create table upload (
  id         #text# primary key,
  file       #text# not null, -- base name
  size       #bigint# not null,
  signature  #text# not null, -- of its headers
  state      #text# not null, -- held, checking, importing, checked, done, stopped, failed
  owner      #text# not null, -- the process that works on it: host/pid/token
  beat_at    #bigint# not null, -- when that last gave a sign
  import     #bigint# not null, -- 0 while there is none
  mapping    #text# not null, -- as it was last chosen, YAML; empty when the file is read as recognised
  progress   #text# not null, -- JSON
  summary    #text# not null, -- JSON, of the last run
  problem    #text# not null, -- why the last run failed
  made_by    #text# not null,
  made_at    #bigint# not null,
  expires_at #bigint# not null
);
create index upload_import on upload (import);

create table import_mapping (
  signature #text# primary key, -- of the headers that it was chosen for
  entity    #text# not null,
  system    #text# not null,
  file      #text# not null, -- base name of the file that it was last used for
  columns   #bigint# not null,
  source    #text# not null, -- YAML
  made_by   #text# not null,
  made_at   #bigint# not null,
  used_at   #bigint# not null,
  used      #bigint# not null
);

-- +goose Down
drop table import_mapping;
drop table upload;
