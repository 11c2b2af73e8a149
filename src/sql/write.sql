-- Two visits of sixty answers to a page. A database that stands already keeps the size it was made with.
pragma page_size = 8192;
pragma journal_mode = wal;
pragma synchronous = full;
pragma wal_autocheckpoint = 2000;
