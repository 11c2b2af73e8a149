//! Pictures of the main screens, for the README and for looking at them.
