-- Attempts to log in are counted by name and network together, by network, and by a device that was logged in before. Those of
-- before this step would be forgotten after fifteen minutes anyway.
drop table login_attempt;
create table login_attempt (
    username text not null,
    -- the client's address, or the /64 of an IPv6 address
    near text not null,
    -- the client's address, or the /48 of an IPv6 address
    wide text not null,
    -- the hash of the user's last session on the device, when there was one: such attempts count by it alone
    device blob,
    at integer not null
) strict;
create index login_attempt_by_name on login_attempt (username, near, at) where device is null;
create index login_attempt_by_near on login_attempt (near, at) where device is null;
create index login_attempt_by_wide on login_attempt (wide, at) where device is null;
create index login_attempt_by_device on login_attempt (device, at) where device is not null;
create index login_attempt_by_time on login_attempt (at);
