select account.id, account.username, account.name, account.role, account.scope, session.last_used
from session join account on account.id = session.account
where session.hash = $1 and session.revoked is null and session.last_used > $2 and not account.disabled
