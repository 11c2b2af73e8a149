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

-- Records and unsent changes get new columns. The phone's SQLite cannot change a table, so both are made anew with what
-- they hold.
create table outbox_before as select * from outbox;
drop table outbox;
create table record_before as select * from record;
drop table record;

create table record (
    n integer primary key,
    id text not null unique,
    kind text not null,
    area text not null,
    owner text,
    rev integer not null default 0,
    stale integer not null default 0, -- the server has merged others' changes into it that have not come yet
    -- 1: everything is being pulled anew, and this has not come yet. 2: the same, and the server went back to a backup
    -- older than what this device last knew of it
    unseen integer not null default 0,
    base text not null default '{}',
    fields text not null default '{}',
    touched integer not null default 0 -- when it was last written on this device, ms
) strict;
insert into record (n, id, kind, area, owner, rev, stale, base, fields, touched)
select n, id, kind, area, owner, rev, stale, base, fields, touched from record_before;
drop table record_before;

create table outbox (
    seq integer primary key autoincrement,
    mutation text not null unique,
    kind text not null,
    record text not null references record (id),
    visit text, -- the visit it is about, also for a review
    base_rev integer not null,
    area text not null,
    at integer not null,
    since integer not null,
    fields text not null,
    state text not null check (state in ('waiting', 'sending', 'aside', 'conflict')),
    code text,
    reason text,
    server text, -- the server's copy, in a conflict
    changed text, -- in a conflict: who gave the fields in dispute the server's values, and when
    -- 1: it is in a backup file. Later edits open a new one, for its identity may reach the server from elsewhere with
    -- what it held then
    sealed integer not null default 0
) strict;
create index outbox_record on outbox (record);
create index outbox_visit on outbox (visit);
insert into outbox (seq, mutation, kind, record, visit, base_rev, area, at, since, fields, state, code, reason, server)
select seq, mutation, kind, record, visit, base_rev, area, at, since, fields, state, code, reason, server
from outbox_before;
drop table outbox_before;

-- Changes that went into a backup file here or came out of one: they are never taken in again.
create table backed_up (
    mutation text primary key
) strict, without rowid;
