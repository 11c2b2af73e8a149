-- Photos whose names were on their way to the server at least once: it may have taken them in, whatever became of that here.
create table told (
    name text not null primary key
) strict, without rowid;
insert into told select name from attachment;
