-- Visits whose submission was refused and that were opened again as drafts. Until they are sent again, nobody is told that
-- everything is sent.
create table reopened (
    visit text not null primary key
) strict, without rowid;
