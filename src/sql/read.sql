-- Every reader has a cache of its own and drops it after each change, so a large one holds the same pages as the others and
-- is soon empty again. A mapped file counts to the process's memory once for every reader that maps it.
pragma cache_size = -2000;
pragma mmap_size = 0;
