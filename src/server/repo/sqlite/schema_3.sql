-- Wrong clocks: how far the server's was ahead of the device's when a change arrived, ms.
alter table mutation add column clock integer;

-- What left an area: whoever sees the area and not the record drops it. At the rev that took it away.
create table departure (
    area text not null,
    record text not null,
    kind text not null,
    rev integer not null,
    primary key (area, record)
) strict, without rowid;
create index departure_by_rev on departure (rev);
create trigger record_departs after update of area on record when new.area <> old.area and old.area <> '' begin
    insert into departure values (old.area, old.id, old.kind, new.rev)
    on conflict do update set rev = excluded.rev;
end;

-- Where a user worked once: what was begun there may still come. '*' is the whole district.
create table former_area (
    user text not null,
    area text not null,
    primary key (user, area)
) strict, without rowid;
create trigger user_moves after update of scope on user when new.scope <> old.scope begin
    insert or ignore into former_area
    select old.id, value from json_each(old.scope, '$.areas') where old.scope <> '"district"';
    insert or ignore into former_area select old.id, '*' where old.scope = '"district"';
end;
