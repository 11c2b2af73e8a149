-- In which order changes were first sent. A request may reach the server long after what was sent in its stead: the number tells
-- it. Never given twice, so the server can compare.
create table sent (
    number integer primary key autoincrement,
    mutation text not null unique
) strict;
