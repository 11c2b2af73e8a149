-- Until when a cooperative lay where a user works: :always when it still does, null when it never did.
with place (area, until) as (
    select area, :always from record where id = :cooperative
    union all
    select departure.area, ifnull(mutation.received_at, :always)
    from departure
    left join mutation on mutation.record = departure.record and mutation.rev = departure.rev
    where departure.record = :cooperative
),
work (area, until) as (
    select value, :always from json_each(:areas)
    union all
    select area, ifnull(until, :always) from former_area where user = :user
)
select max(min(place.until, work.until))
from place join work on work.area in (place.area, '*')
