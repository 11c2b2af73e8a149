//! All integration tests in one binary.

mod form_import;
mod form_kunjungan;
mod form_session;
mod form_support;
