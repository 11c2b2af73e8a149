pragma foreign_keys = on;
pragma temp_store = memory;
pragma trusted_schema = off;
pragma cache_size = -16000;
pragma mmap_size = 268435456;
