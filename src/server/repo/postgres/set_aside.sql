-- What was not applied of one person since $2, newest first, from a place in the list on, and whether it is in sight.
-- It belongs where its record is; of a record that never came, where its visit or its cooperative is.
with aside as (
    select m.*, case
            when exists (select 1 from record where id = m.record) then m.record
            when exists (select 1 from record where id = m.visit) then m.visit
            else m.cooperative
        end as home
    from mutation m
    where m.account = $1 and m.outcome <> 'applied' and m.received_at >= $2
        and (m.received_at, m.place) < ($3, $4)
    order by m.received_at desc, m.place desc
    limit $5
)
select aside.place, aside.id, aside.kind, aside.record, aside.device, aside.at, aside.received_at, aside.outcome,
    aside.code, aside.reason, aside.visit, aside.cooperative, aside.draft,
    r.area, case when r.id = aside.record then r.private end as private
from aside left join record r on r.id = aside.home
order by aside.received_at desc, aside.place desc
