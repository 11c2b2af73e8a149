-- Who sees a record, in the order of the sequence: a page passes over what others wrote without reading their answers.
create index record_by_rev on record (rev, private, area, owner, audience);
