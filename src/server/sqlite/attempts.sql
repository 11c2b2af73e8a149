-- When the attempt falls out of the window whose end lets the next one in; null when there is room.
select max(at) from (
    select at from (
        select at from login_attempt where username = :username order by at desc limit 1 offset :per_username - 1
    )
    union all
    select at from (
        select at from login_attempt where address = :address order by at desc limit 1 offset :per_address - 1
    )
)
