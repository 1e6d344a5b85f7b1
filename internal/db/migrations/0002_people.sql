-- People who use Millrace, how they signed in, and who changed what. None of it is about contacts: erasure does not reach it.

-- +goose Up
create table app_user (
  id          #text# primary key,
  email       #text# not null, -- in its normal form
  name        #text# not null,
  role        #text# not null,
  password    #text# not null, -- argon2id in PHC form; empty until the person has chosen one
  created_at  #bigint# not null,
  password_at #bigint# not null, -- when it was chosen last, 0 never
  disabled_at #bigint# not null  -- 0: may sign in
);
create unique index app_user_email on app_user (email);

create table user_session (
  hash       #blob# primary key, -- of the cookie's value
  id         #text# not null,
  user_id    #text# not null,
  created_at #bigint# not null,
  used_at    #bigint# not null,
  address    #text# not null,
  agent      #text# not null
);
create unique index user_session_id on user_session (id);
create index user_session_user on user_session (user_id);

-- Links that open something once: the first set-up, an invitation, a new password, the demo's sign-in.
create table user_token (
  hash       #blob# primary key,
  kind       #text# not null,
  user_id    #text# not null, -- empty for the first set-up
  created_at #bigint# not null,
  expires_at #bigint# not null -- 0: until it is used
);
create index user_token_user on user_token (user_id, kind);

-- Attempts that failed, by hash of what they were for: an address or an e-mail.
create table attempt (
  subject  #blob# primary key,
  failures #bigint# not null,
  last_at  #bigint# not null,
  until    #bigint# not null -- refused before this moment
);

create table access_log (
  id         #text# primary key, -- begins with the moment, so that it is the order
  at         #bigint# not null,
  actor_kind #text# not null, -- user, key, command_line or system
  actor_id   #text# not null,
  actor      #text# not null, -- as they were called then
  address    #text# not null, -- of the client, empty on the command line
  action     #text# not null,
  target_id  #text# not null,
  target     #text# not null, -- as it was called then
  detail     #text# not null
);

-- +goose Down
drop table access_log; drop table attempt; drop table user_token; drop table user_session; drop table app_user;
