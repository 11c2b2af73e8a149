insert into record (rev, id, kind, area, owner, audience, parent, private, deleted, born, field_revs, fields)
values (:rev, :id, :kind, :area, :owner, :audience, :parent, :private, :deleted, :born, :field_revs, :fields)
on conflict (id) do update set
    rev = excluded.rev,
    area = excluded.area,
    owner = excluded.owner,
    audience = excluded.audience,
    parent = excluded.parent,
    private = excluded.private,
    deleted = excluded.deleted,
    field_revs = excluded.field_revs,
    fields = excluded.fields
-- what stands there under the same id must be the same thing
where kind = excluded.kind
