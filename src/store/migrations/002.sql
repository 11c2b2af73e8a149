-- Photos, signatures and recordings, by the name that answers have for them. The bytes stay until the server has them
-- and, for a visit under way, after that too.
create table attachment (
    name text primary key,
    size integer not null,
    bytes blob, -- null once freed: the server has it
    made integer not null, -- ms
    loose integer not null default 0, -- 1: no answer names it any more; it goes, unless it is taken back in time
    -- here: the server has not all of it; sent: it has; aside: it will not take it
    state text not null check (state in ('here', 'sent', 'aside')),
    sent integer not null default 0, -- bytes the server is known to have
    reason text -- why it was set aside
) strict;
create index attachment_state on attachment (state, made);

-- Which visit of this device names which attachment: written with the visit.
create table attachment_use (
    visit text not null,
    name text not null,
    primary key (visit, name)
) strict, without rowid;
create index attachment_use_name on attachment_use (name);

-- A change that is in a backup file is sealed: later edits open a new one, for its identity may reach the server from
-- elsewhere with what it held then.
alter table outbox add column sealed integer not null default 0;
-- In a conflict: who gave the fields in dispute the server's values, and when.
alter table outbox add column changed text;

-- Changes that went into a backup file here or came out of one: they are never taken in again.
create table backed_up (
    mutation text primary key
) strict, without rowid;
