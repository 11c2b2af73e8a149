(private = 0 and (:district or area = '' or area in (select value from json_each(:areas))))
or owner is :user
or audience is :user
