select rev from mutation
where record = :record and rev > :after and (user is not :user or device is not :device)
