-- The second factor of those who use one. Its secret has to be computed with, so it stands here as it is; recovery codes are hashed.

-- +goose Up
create table second_factor (
  user_id      #text# primary key,
  secret       #text# not null, -- base32, RFC 6238
  begun_at     #bigint# not null,
  confirmed_at #bigint# not null, -- 0: not yet, and not asked for
  last_step    #bigint# not null -- of the code that was used last: neither it nor an earlier one is taken again
);

create table recovery_code (
  hash    #blob# primary key,
  user_id #text# not null
);
create index recovery_code_user on recovery_code (user_id);

-- +goose Down
drop table recovery_code; drop table second_factor;
