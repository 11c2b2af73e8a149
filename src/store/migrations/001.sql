-- The device database, version 1. A shipped step is never edited: add a new one. One line is gone since, the full-text table of
-- the search: the phone's SQLite no longer has its module. 003.sql takes it out of the databases that have it.

create table meta (
    key text primary key,
    value text not null
) strict, without rowid;

-- Every synced record: what the server last said (base) and what the screens show (fields = base + unsent changes).
create table record (
    n integer primary key,
    id text not null unique,
    kind text not null,
    area text not null,
    owner text,
    rev integer not null default 0,
    stale integer not null default 0, -- the server has merged others' changes into it that have not come yet
    base text not null default '{}',
    fields text not null default '{}',
    touched integer not null default 0 -- when it was last written on this device, ms
) strict;

-- Unsent changes, in the order they were made.
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
    server text -- the server's copy, in a conflict
) strict;
create index outbox_record on outbox (record);
create index outbox_visit on outbox (visit);

-- What lists and filters need of the records, written in the same transaction.
create table person (
    user text primary key,
    name text not null,
    role text not null
) strict, without rowid;

create table form (
    form text not null,
    version text not null,
    record text not null,
    primary key (form, version)
) strict, without rowid;

create table cooperative (
    id text primary key,
    name text not null,
    desa text not null,
    area text not null,
    nik text not null,
    status text,
    status_date text,
    status_entry text
) strict, without rowid;
create index cooperative_name on cooperative (name collate nocase);

create table visit (
    id text primary key,
    cooperative text not null,
    area text not null,
    officer text not null,
    date text not null,
    state text not null,
    submissions integer not null,
    submitted_at integer,
    notes integer not null,
    sent_at integer
) strict, without rowid;
create index visit_cooperative on visit (cooperative, date);
create index visit_state on visit (state, submitted_at);

create table review (
    id text primary key,
    visit text not null
) strict, without rowid;
create index review_visit on review (visit);

-- What never leaves the device.
create table place (
    visit text primary key,
    page text not null,
    question text
) strict, without rowid;

create table review_draft (
    visit text primary key,
    draft text not null
) strict, without rowid;
