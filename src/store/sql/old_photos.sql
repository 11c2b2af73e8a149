-- Photos that the server has and that came before ?1, with the visits of this device that name them.
select a.name, (select group_concat(u.visit) from attachment_use u where u.name = a.name)
from attachment a
where a.state = 'sent' and a.bytes is not null and a.made <= ?1
