-- Visits whose submission was refused and that were opened again as drafts. Until they are sent again, nobody is told that
-- everything is sent.
create table reopened (
    visit text not null primary key
) strict, without rowid;

-- Large records that are fetched in pieces, and the pieces that are here.
create table large (
    record text not null primary key,
    rev integer not null,
    kind text not null,
    area text not null,
    owner text,
    length integer not null,
    sha256 text not null
) strict, without rowid;
create table piece (
    record text not null,
    start integer not null,
    bytes blob not null,
    primary key (record, start)
) strict;
