insert into user (id, username, name, role, scope, password, disabled, created)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
