-- What the measurement room keeps of the log: touches packed into blocks in order of position, the origins that they share, stage
-- decisions, what buyers said. It follows the log from its own position.

-- +goose Up
create table projection (
  name     #text# primary key,
  version  #bigint# not null, -- of the code that made it; another one starts from the beginning
  position #bigint# not null  -- log position up to which it has read
) #norowid#;

create table touch_origin (
  id   #rowid#,
  text #text# not null -- JSON: campaign tags, click id's kind, referrer's host, page's host, event's name
);
create unique index touch_origin_text on touch_origin (text);

create table touch_block (
  id       #rowid#,
  last_seq #bigint# not null,
  count    #bigint# not null,
  data     #blob#
);

create table stage_fact (
  seq      #rowid#,
  of_kind  #small# not null, -- 1 contact, 2 account
  subject  #bigint# not null, -- identifier; today's identity says whom it means
  at       #bigint# not null,
  stage    #small# not null,
  previous #small# not null,
  reason   #text# not null,
  version  #text# not null -- playbook that ruled
);
create index stage_fact_at on stage_fact (at);

create table self_report (
  seq     #rowid#,
  subject #bigint# not null, -- identifier; removed with the person
  at      #bigint# not null,
  import  #bigint# not null,
  answer  #text# not null -- what a buyer said about how they came
);

-- +goose Down
drop table self_report; drop table stage_fact; drop table touch_block; drop table touch_origin; drop table projection;
