select id, record, kind, user, device, base_rev, at, received_at, clock, outcome, rev, code, reason, fields
from mutation
where record = ?1 and outcome in ('applied', 'conflict')
order by received_at, rev
