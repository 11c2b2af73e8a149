-- How often a large record could not be taken in. After a few times it is set aside until the store is opened again, so that
-- it holds up nothing else.
create table large_failure (
    record text not null primary key,
    failures integer not null
) strict, without rowid;
