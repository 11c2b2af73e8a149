-- A reader begins anew after every change, and there are several: a large cache of each would hold the same pages many times
-- and be thrown away soon.
pragma cache_size = -2000;
pragma mmap_size = 0;
