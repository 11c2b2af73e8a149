-- Until when a user worked in an area: what was begun there may come for a while, not for ever. Of who moved before this step
-- nobody knows when, so the while begins now.
alter table former_area add column until integer;
update former_area set until = unixepoch() * 1000;
-- A trigger has no clock: `leave.sql` writes it down.
drop trigger user_moves;
