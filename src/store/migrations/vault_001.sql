-- Who has a store on this device. Keys only wrapped: salt, nonce and sealed key in one blob.
create table account (
    username text primary key,
    file text not null unique,
    password blob not null,
    pin blob,
    failures integer not null default 0,
    wait_until integer,
    last_used integer not null
) strict, without rowid;
