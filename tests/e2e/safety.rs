//! What must hold on the phone itself: secrecy of the stored bytes, the lock, one owner among tabs, other people.
