insert into mutation
    (id, record, kind, account, device, base_rev, sent, at, received_at, clock, outcome, rev, code, reason, fields,
    visit, cooperative, draft, bytes, hash, head)
select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
    $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
    $18::boolean[], $19::bigint[], $20::text[], $21::text[]
)
on conflict (id) do update set
    received_at = excluded.received_at,
    clock = excluded.clock,
    outcome = excluded.outcome,
    rev = excluded.rev,
    code = excluded.code,
    reason = excluded.reason
-- a conflict that is one still stays as it came
where mutation.outcome = 'conflict' and excluded.outcome <> 'conflict'
