-- Which visits name which attachment: who may have its bytes, and whether anybody still needs them. Written with the visit.
create table attachment_use (
    name text not null,
    visit text not null,
    -- its question keeps it from all but its sender and the desk
    restricted integer not null check (restricted in (0, 1)),
    primary key (name, visit)
) strict, without rowid;
create index attachment_use_by_visit on attachment_use (visit);

-- Who sent all the bytes of an attachment: who has had them once may have them again.
create table attachment_sender (
    name text not null,
    user text not null references user,
    at integer not null,
    primary key (name, user)
) strict, without rowid;

-- Visits of before this step: their names, without what their forms say of them.
insert into attachment_use (name, visit, restricted)
select distinct field.value, record.id, 0
from record, json_each(record.fields) as field
where record.kind = 'visit' and field.type = 'text' and length(field.value) in (68, 69)
    and substr(field.value, 65, 1) = '.' and substr(field.value, 1, 64) not glob '*[^0-9a-f]*';
