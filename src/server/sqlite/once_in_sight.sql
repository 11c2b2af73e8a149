-- Whether a cooperative lies or lay where a user works or worked.
with place (area) as (
    select area from record where id = :cooperative
    union
    select area from departure where record = :cooperative
)
select exists (
    select 1 from place
    where area in (select value from json_each(:areas))
        or exists (select 1 from former_area where user = :user and former_area.area in (place.area, '*'))
)
