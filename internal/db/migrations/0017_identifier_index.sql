-- Looking identifiers up reads the index alone, not each one's row too. That no value is there twice is the writer's doing, who looks before it adds one;
-- PostgreSQL reads the row for every entry of an index anyway, and keeps the index that says so.

-- +goose Up
#sqlite# drop index identifier_value;
#sqlite# create unique index identifier_value on identifier (value, first_seq);

-- +goose Down
#sqlite# drop index identifier_value;
#sqlite# create unique index identifier_value on identifier (value);
