//! Anjangsana.
pub mod form;
