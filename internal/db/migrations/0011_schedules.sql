-- Dashboards that are mailed at set times: what is sent to whom and when, and what became of each mail. Settings, not facts.

-- +goose Up
create table report_schedule (
  id         #text# primary key,
  title      #text# not null,
  view       #text# not null,
  span       #text# not null, -- last-7-days, last-month, …
  compare    #text# not null,
  every      #text# not null, -- weekly or monthly
  day        #bigint# not null, -- 1 Monday to 7 Sunday, or 1 to 31 of the month, at most its last
  minute     #bigint# not null, -- of the day, in the workspace's time zone
  paused     #bigint# not null,
  next_at    #bigint# not null, -- when it is due next
  made_by    #text# not null,
  created_at #bigint# not null
);

create table report_recipient (
  schedule   #text# not null,
  who        #text# not null, -- a user's id, or an address of somebody else
  token      #text# not null, -- of the link by which somebody else stops the mails; empty for users
  stopped_at #bigint# not null, -- 0: they get it
  primary key (schedule, who)
);
create unique index report_recipient_token on report_recipient (token) where token <> '';

-- One row for each mail: it is what keeps a mail from being sent twice.
create table report_mail (
  schedule   #text# not null,
  due_at     #bigint# not null,
  who        #text# not null,
  state      #text# not null, -- waiting, sending, sent, failed, unknown, skipped, no_relay
  attempts   #bigint# not null,
  problem    #text# not null,
  changed_at #bigint# not null,
  primary key (schedule, due_at, who)
);

-- +goose Down
drop table report_mail;
drop table report_recipient;
drop table report_schedule;
