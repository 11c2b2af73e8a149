create table meta (
    name text primary key,
    value text not null
) strict, without rowid;

create table user (
    id text primary key,
    username text not null unique,
    name text not null,
    role text not null check (role in ('officer', 'supervisor', 'head', 'admin')),
    scope text not null check (json_valid(scope)),
    -- argon2id, as a PHC string
    password text not null,
    disabled integer not null default 0 check (disabled in (0, 1)),
    created integer not null
) strict;

create table session (
    -- SHA-256 of the token; the token itself is nowhere
    hash blob primary key,
    user text not null references user,
    device text not null,
    created integer not null,
    last_used integer not null,
    revoked integer
) strict, without rowid;
create index session_by_user on session (user);

create table login_attempt (
    username text not null,
    address text not null,
    at integer not null
) strict;
create index login_attempt_by_username on login_attempt (username, at);
create index login_attempt_by_address on login_attempt (address, at);

-- Narrow columns first: deciding who sees a record must not read its fields.
create table record (
    -- one growing sequence over all records: a change moves its record to the end
    rev integer primary key,
    id text not null unique,
    kind text not null,
    area text not null,
    owner text,
    -- somebody who sees it whatever their areas: the officer of the visit that a review is about
    audience text,
    -- the visit of a review, the cooperative of a visit
    parent text,
    -- only its owner sees it: a draft
    private integer not null check (private in (0, 1)),
    deleted integer not null check (deleted in (0, 1)),
    -- the rev it was made at: the rev of every field that field_revs does not name
    born integer not null,
    field_revs text not null,
    fields text not null
) strict;
create index record_by_kind on record (kind);
create index record_by_parent on record (parent) where parent is not null;

-- How many records there are and the sum of their revs, for each audience: the digest without reading the records.
create table tally (
    area text not null,
    owner text not null,
    audience text not null,
    private integer not null,
    count integer not null,
    rev_sum integer not null,
    primary key (area, owner, audience, private)
) strict, without rowid;

create trigger tally_insert after insert on record when new.deleted = 0 begin
    insert into tally values (new.area, ifnull(new.owner, ''), ifnull(new.audience, ''), new.private, 1, new.rev)
    on conflict do update set count = count + 1, rev_sum = rev_sum + excluded.rev_sum;
end;

create trigger tally_delete after delete on record when old.deleted = 0 begin
    update tally set count = count - 1, rev_sum = rev_sum - old.rev
    where area = old.area and owner = ifnull(old.owner, '') and audience = ifnull(old.audience, '')
        and private = old.private;
end;

create trigger tally_update after update on record begin
    update tally set count = count - 1, rev_sum = rev_sum - old.rev
    where old.deleted = 0 and area = old.area and owner = ifnull(old.owner, '')
        and audience = ifnull(old.audience, '') and private = old.private;
    insert into tally
    select new.area, ifnull(new.owner, ''), ifnull(new.audience, ''), new.private, 1, new.rev where new.deleted = 0
    on conflict do update set count = count + 1, rev_sum = rev_sum + excluded.rev_sum;
end;

-- Every change that was ever asked for, and what was answered. Nothing is ever deleted here.
create table mutation (
    id text primary key,
    record text not null,
    kind text not null,
    -- null: the office itself (an import, a form published)
    user text,
    device text,
    base_rev integer not null,
    -- by the device's clock
    at integer not null,
    received_at integer not null,
    outcome text not null check (outcome in ('applied', 'rejected', 'conflict')),
    -- the record's rev, when it was applied
    rev integer,
    -- why not, when it was rejected
    code text,
    reason text,
    fields text not null
) strict;
create index mutation_by_record on mutation (record, rev);
