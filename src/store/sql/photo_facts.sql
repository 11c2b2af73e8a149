-- Photos that wait, their bytes still to go, and those set aside. One that no visit names goes nowhere.
select coalesce(sum(state = 'here'), 0), coalesce(sum(case when state = 'here' then size - sent else 0 end), 0),
    coalesce(sum(state = 'aside'), 0)
from attachment a
where state <> 'sent' and exists (
    select 1 from attachment_use u join visit v on v.id = u.visit where u.name = a.name and v.state <> 'void'
)
