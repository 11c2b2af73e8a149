insert into mutation
    (id, record, kind, user, device, base_rev, sent, at, received_at, clock, outcome, rev, code, reason, fields,
    visit, cooperative, draft, bytes, hash, head)
values
    (:id, :record, :kind, :user, :device, :base_rev, :sent, :at, :received_at, :clock, :outcome, :rev, :code, :reason, :fields,
    :visit, :cooperative, :draft, :bytes, :hash, :head)
on conflict (id) do update set
    received_at = excluded.received_at,
    clock = excluded.clock,
    outcome = excluded.outcome,
    rev = excluded.rev,
    code = excluded.code,
    reason = excluded.reason
-- a conflict that is one still stays as it came
where outcome = 'conflict' and excluded.outcome <> 'conflict'
