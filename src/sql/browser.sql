-- One connection on the origin's private files: no write-ahead log there, so every commit is synced with the journal.
pragma locking_mode = exclusive;
pragma journal_mode = truncate;
pragma synchronous = full;
pragma foreign_keys = on;
pragma temp_store = memory;
