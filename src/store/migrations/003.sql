-- 1: everything is being pulled anew, and this has not come yet. 2: the same, and the server went back to a backup older
-- than what this device last knew of it.
alter table record add column unseen integer not null default 0;
