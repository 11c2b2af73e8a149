-- Photos that wait, their bytes still to go, and those set aside. One that no visit names goes nowhere.
select count(*) filter (where state = 'here'), coalesce(sum(size - sent) filter (where state = 'here'), 0),
    count(*) filter (where state = 'aside')
from attachment a
where state <> 'sent' and exists (
    select 1 from attachment_use u join visit v on v.id = u.visit where u.name = a.name and v.state <> 'void'
)
