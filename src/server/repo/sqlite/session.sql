select user.id, user.username, user.name, user.role, user.scope, session.last_used
from session join user on user.id = session.user
where session.hash = ?1 and session.revoked is null and session.last_used > ?2 and user.disabled = 0
