//! Anjangsana.
