-- The search without a full-text index: see store/search.rs. The old table cannot be dropped where SQLite does not know its
-- module, so its name is struck out of the schema; what it kept its words in are plain tables.
pragma writable_schema = on;
delete from sqlite_schema where name = 'cooperative_search';
pragma writable_schema = reset;
drop table if exists cooperative_search_data;
drop table if exists cooperative_search_idx;
drop table if exists cooperative_search_content;
drop table if exists cooperative_search_docsize;
drop table if exists cooperative_search_config;

-- All that a search looks at, in the order in which it is shown.
create table cooperative_words (
    name text not null collate nocase,
    id text not null,
    area text not null,
    status text,
    words text not null,
    primary key (name, id)
) strict, without rowid;
create unique index cooperative_words_id on cooperative_words (id);
-- The newest status of all is said above every list.
create index cooperative_status_date on cooperative (status_date);
