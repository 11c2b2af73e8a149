-- A change out of a backup file: sealed (2: it may be another phone's), and set aside if the server had refused it.
insert into outbox (mutation, kind, record, visit, base_rev, area, at, since, fields, state, code, reason, sealed)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, case when ?10 is null then 'waiting' else 'aside' end, ?10, ?11, 2)
