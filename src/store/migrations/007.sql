-- How often a large record could not be taken in. After a few times it is set aside until the store is opened again, so that
-- it holds up nothing else.
create table large_failure (
    record text not null primary key,
    failures integer not null
) strict, without rowid;

-- Changes that the server answered in a way that this app does not understand, and when: they are asked about again later.
create table postponed (
    mutation text not null primary key,
    at integer not null
) strict, without rowid;
