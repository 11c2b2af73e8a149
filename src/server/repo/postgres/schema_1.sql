-- Named facts about the whole database.
create table fact (
    name text primary key,
    value text not null
);

-- The last rev that was given. Who writes locks the row until the commit, so revs become visible in order.
create table counter (
    sole boolean primary key default true check (sole),
    rev bigint not null
);
insert into counter (rev) values (0);

create table account (
    id text primary key,
    username text not null unique,
    name text not null,
    role text not null check (role in ('officer', 'supervisor', 'head', 'admin')),
    -- JSON
    scope text not null check (scope::json is not null),
    -- argon2id, as a PHC string
    password text not null,
    disabled boolean not null default false,
    created bigint not null
);

create table session (
    -- SHA-256 of the token; the token itself is nowhere
    hash bytea primary key,
    account text not null references account,
    device text not null,
    created bigint not null,
    last_used bigint not null,
    revoked bigint
);
create index session_by_account on session (account);

-- Attempts to log in: counted by name and network together, by network, and by a device that was logged in before.
create table login_attempt (
    username text not null,
    -- the client's address, or the /64 of an IPv6 address
    near text not null,
    -- the client's address, or the /48 of an IPv6 address
    wide text not null,
    -- the hash of the user's last session on the device, when there was one: such attempts count by it alone
    device bytea,
    at bigint not null
);
create index login_attempt_by_name on login_attempt (username, near, at) where device is null;
create index login_attempt_by_near on login_attempt (near, at) where device is null;
create index login_attempt_by_wide on login_attempt (wide, at) where device is null;
create index login_attempt_by_device on login_attempt (device, at) where device is not null;
create index login_attempt_by_time on login_attempt (at);

create table record (
    id text primary key,
    -- one growing sequence over all records: a change moves its record to the end
    rev bigint not null,
    kind text not null,
    area text not null,
    owner text,
    -- somebody who sees it whatever their areas: the officer of the visit that a review is about
    audience text,
    -- the visit of a review, the cooperative of a visit
    parent text,
    -- only its owner sees it: a draft
    private boolean not null,
    deleted boolean not null,
    -- the rev it was made at: the rev of every field that field_revs does not name
    born bigint not null,
    -- JSON, as it was written: numbers keep their digits and names their order
    field_revs text not null,
    fields text not null
);
-- Who sees a record, in the order of the sequence: a page passes over what others wrote without reading their answers.
create unique index record_by_rev on record (rev) include (private, area, owner, audience);
create index record_by_kind on record (kind);
create index record_by_parent on record (parent) where parent is not null;

-- How many records there are and the sum of their revs, for each audience: the digest without reading the records.
create table tally (
    area text not null,
    owner text not null,
    audience text not null,
    private boolean not null,
    count bigint not null,
    rev_sum bigint not null,
    primary key (area, owner, audience, private)
-- Room on every page for the next version of a row.
) with (fillfactor = 50);

-- What left an area: whoever sees the area and not the record drops it. At the rev that took it away.
create table departure (
    area text not null,
    record text not null,
    kind text not null,
    rev bigint not null,
    primary key (area, record)
);
create index departure_by_rev on departure (rev);

-- Where a user worked once, and until when: what was begun there may still come. '*' is the whole district.
create table former_area (
    account text not null,
    area text not null,
    until bigint,
    primary key (account, area)
);

-- Every change that was ever asked for, and what was answered. Nothing is ever deleted here.
create table mutation (
    -- the place in the log
    place bigint generated always as identity unique,
    id text primary key,
    record text not null,
    kind text not null,
    -- null: the office itself (an import, a form published)
    account text,
    device text,
    base_rev bigint not null,
    -- its place among all that its device ever sent, as the device says
    sent bigint,
    -- by the device's clock
    at bigint not null,
    received_at bigint not null,
    -- how far the server's clock was ahead of the device's when it arrived, ms
    clock bigint,
    outcome text not null check (outcome in ('applied', 'rejected', 'conflict')),
    -- the record's rev, when it was applied
    rev bigint,
    -- why not, when it was rejected
    code text,
    reason text,
    fields text not null,
    -- what it is about, when it was not applied
    visit text,
    cooperative text,
    -- it is no submission: until there is one, only its officer may read it
    draft boolean,
    -- of a refusal whose fields are not kept whole: how many bytes they have, their SHA-256, and how they begin
    bytes bigint,
    hash text,
    head text
);
create index mutation_by_record on mutation (record, rev);
create index mutation_set_aside on mutation (account, received_at) where outcome <> 'applied';

-- How much of what a user sent was refused in an hour, counted from 1970: how many changes, and how many bytes were kept.
create table refusal (
    account text not null,
    hour bigint not null,
    count bigint not null,
    bytes bigint not null,
    primary key (account, hour)
);

-- Which visits name which attachment: who may have its bytes, and whether anybody still needs them. Written with the visit.
create table attachment_use (
    name text not null,
    visit text not null,
    -- its question keeps it from all but its sender and the desk
    restricted boolean not null,
    primary key (name, visit)
);
create index attachment_use_by_visit on attachment_use (visit);

-- Who sent all the bytes of an attachment: who has had them once may have them again.
create table attachment_sender (
    name text not null,
    account text not null references account,
    at bigint not null,
    primary key (name, account)
);

-- Whole attachments that no visit names: since when this database has seen that, when it last counted a day, and how many.
create table attachment_unwanted (
    name text primary key,
    since bigint not null,
    counted bigint not null,
    days bigint not null
);

-- The tally follows the records, a statement at a time: `was` and `now_is` are the rows that it changed, before and after.
create function record_is_inserted() returns trigger language plpgsql as $$
begin
    insert into tally (area, owner, audience, private, count, rev_sum)
    select area, coalesce(owner, ''), coalesce(audience, ''), private, count(*), sum(rev)
    from now_is where not deleted group by 1, 2, 3, 4
    on conflict (area, owner, audience, private) do update
    set count = tally.count + excluded.count, rev_sum = tally.rev_sum + excluded.rev_sum;
    return null;
end
$$;
create trigger record_is_inserted after insert on record
referencing new table as now_is
for each statement execute function record_is_inserted();

create function record_is_updated() returns trigger language plpgsql as $$
begin
    if not exists (select 1 from now_is) then
        return null;
    end if;
    if exists (select 1 from was join now_is using (id) where was.kind <> now_is.kind) then
        raise exception 'the record is of another kind' using errcode = 'integrity_constraint_violation';
    end if;
    insert into departure (area, record, kind, rev)
    select was.area, was.id, was.kind, now_is.rev from was join now_is using (id)
    where was.area <> now_is.area and was.area <> ''
    on conflict (area, record) do update set rev = excluded.rev;
    insert into tally (area, owner, audience, private, count, rev_sum)
    select area, coalesce(owner, ''), coalesce(audience, ''), private, sum(count), sum(rev) from (
        select area, owner, audience, private, -1 as count, -rev as rev from was where not deleted
        union all
        select area, owner, audience, private, 1, rev from now_is where not deleted
    ) moved group by 1, 2, 3, 4
    on conflict (area, owner, audience, private) do update
    set count = tally.count + excluded.count, rev_sum = tally.rev_sum + excluded.rev_sum;
    return null;
end
$$;
create trigger record_is_updated after update on record
referencing old table as was new table as now_is
for each statement execute function record_is_updated();

create function record_is_deleted() returns trigger language plpgsql as $$
begin
    insert into tally (area, owner, audience, private, count, rev_sum)
    select area, coalesce(owner, ''), coalesce(audience, ''), private, -count(*), -sum(rev)
    from was where not deleted group by 1, 2, 3, 4
    on conflict (area, owner, audience, private) do update
    set count = tally.count + excluded.count, rev_sum = tally.rev_sum + excluded.rev_sum;
    return null;
end
$$;
create trigger record_is_deleted after delete on record
referencing old table as was
for each statement execute function record_is_deleted();
