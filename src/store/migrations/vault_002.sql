-- Whether the store is open now, or was when the app ended: then it is looked over before it is used again.
alter table account add column open integer not null default 0;

-- Files that could not be used any more. They are set aside, never deleted.
create table damaged (
    file text primary key,
    username text not null,
    at integer not null,
    reason text not null
) strict, without rowid;
