-- Changes that were not applied since :since, newest first, and whether their author came through with the record later.
select m.id, m.kind, m.record, m.device, m.at, m.received_at, m.outcome, m.code, m.reason,
    ifnull(u.username, '') as username, ifnull(u.name, '') as name,
    case m.kind when 'visit' then m.record when 'review' then json_extract(m.fields, '$.visit') end as visit,
    (
        select json_extract(c.fields, '$.Koperasi')
        from record c
        where c.id = ifnull(
            (
                select v.parent from record v
                where v.id = case m.kind when 'review' then json_extract(m.fields, '$.visit') else m.record end
            ),
            json_extract(m.fields, '$.cooperative')
        )
    ) as cooperative,
    exists (
        select 1 from mutation later
        where later.record = m.record and later.user is m.user and later.outcome = 'applied'
            and later.received_at >= m.received_at and later.id <> m.id
    ) as mended
from mutation m
left join user u on u.id = m.user
where m.outcome <> 'applied' and m.received_at >= :since
order by m.received_at desc, m.id
limit 500
