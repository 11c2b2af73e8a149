//! All integration tests in one binary.

mod form_kunjungan;
