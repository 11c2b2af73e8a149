-- Accounts get a column. The phone's SQLite cannot change a table, so it is made anew with what it holds.
create table account_before as select * from account;
drop table account;
create table account (
    username text primary key,
    file text not null unique,
    password blob not null,
    pin blob,
    failures integer not null default 0,
    wait_until integer,
    last_used integer not null,
    -- 1: the store is open now, or was when the app ended: then it is looked over before it is used again
    open integer not null default 0
) strict, without rowid;
insert into account (username, file, password, pin, failures, wait_until, last_used)
select username, file, password, pin, failures, wait_until, last_used from account_before;
drop table account_before;

-- Files that could not be used any more. They are set aside, never deleted.
create table damaged (
    file text primary key,
    username text not null,
    at integer not null,
    reason text not null
) strict, without rowid;
