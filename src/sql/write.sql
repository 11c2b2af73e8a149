pragma journal_mode = wal;
pragma synchronous = full;
pragma wal_autocheckpoint = 4000;
