-- Until when a cooperative lay where a user works: $4 when it still does, null when it never did.
with place (area, until) as (
    select area, $4::bigint from record where id = $1
    union all
    select departure.area, coalesce(mutation.received_at, $4)
    from departure
    left join mutation on mutation.record = departure.record and mutation.rev = departure.rev
    where departure.record = $1
),
work (area, until) as (
    select area, $4::bigint from unnest($2::text[]) area
    union all
    select area, coalesce(until, $4) from former_area where account = $3
)
select max(least(place.until, work.until))
from place join work on work.area in (place.area, '*')
