select * from mutation
where record = ?1 and rowid >= ?2 and outcome in ('applied', 'conflict')
order by received_at, rev
