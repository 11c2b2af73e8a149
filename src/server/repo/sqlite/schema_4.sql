-- Its place among all that its device ever sent, as the device says; null for what an older app sent, and for the office's own.
alter table mutation add column sent integer;
