-- What shows the server that a user was logged in on this device: the SHA-256, in hex, of the token of their last session. It
-- opens nothing, so it may stand here in the clear, and stays after the logout.
create table last_session (
    username text primary key,
    token_hash text not null
) strict, without rowid;
