-- Photos that wait or were set aside, in the order in which they go.
select a.name, a.size, a.sent, a.made, case a.state when 'aside' then coalesce(a.reason, '') end,
    min(u.visit), coalesce(c.name, '')
from attachment a
join attachment_use u on u.name = a.name
join visit v on v.id = u.visit
left join cooperative c on c.id = v.cooperative
where a.state <> 'sent' and v.state <> 'void'
group by a.name
order by 6, a.made, a.name
