-- Saved views of lists: settings of people, not facts. Nothing is folded from them and erasure does not reach them.

-- +goose Up
create table saved_view (
  id         #text# primary key,
  page       #text# not null, -- accounts, leads, contacts or opportunities
  name       #text# not null,
  query      #text# not null, -- filters, sort, columns and layout as they stand in the page's address, in one order
  author_id  #text# not null,
  shared     #bigint# not null, -- 1: everybody who signs in sees it
  revision   #bigint# not null, -- counts changes
  created_at #bigint# not null,
  changed_at #bigint# not null
);
create unique index saved_view_name on saved_view (author_id, page, name);

-- The view with which a page opens for a person.
create table default_view (
  user_id #text# not null,
  page    #text# not null,
  view_id #text# not null,
  primary key (user_id, page)
);
create index default_view_view on default_view (view_id);

-- +goose Down
drop table default_view; drop table saved_view;
