insert into record (rev, id, kind, area, owner, audience, parent, private, deleted, born, field_revs, fields)
select * from unnest(
    $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::boolean[],
    $10::bigint[], $11::text[], $12::text[]
)
on conflict (id) do update set
    rev = excluded.rev,
    -- a trigger refuses another one
    kind = excluded.kind,
    area = excluded.area,
    owner = excluded.owner,
    audience = excluded.audience,
    parent = excluded.parent,
    private = excluded.private,
    deleted = excluded.deleted,
    field_revs = excluded.field_revs,
    fields = excluded.fields
