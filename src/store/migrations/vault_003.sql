-- Wrong passwords are counted like wrong PINs, each on its own.
create table attempt (
    username text not null,
    -- pin, password
    secret text not null,
    -- wrong ones in a row
    failures integer not null,
    -- none is looked at before this instant of the device's clock
    wait_until integer,
    primary key (username, secret)
) strict, without rowid;
insert into attempt (username, secret, failures, wait_until)
select username, 'pin', failures, wait_until from account where failures > 0;

-- The phone's SQLite cannot change a table, so it is made anew with what it holds.
create table account_before as select * from account;
drop table account;
create table account (
    username text primary key,
    file text not null unique,
    password blob not null,
    -- none before the first PIN is chosen, and after ten wrong ones in a row
    pin blob,
    last_used integer not null,
    -- 1: the store is open now, or was when the app ended: then it is looked over before it is used again
    open integer not null default 0
) strict, without rowid;
insert into account (username, file, password, pin, last_used, open)
select username, file, password, pin, last_used, open from account_before;
drop table account_before;
