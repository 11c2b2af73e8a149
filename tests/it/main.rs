//! Every integration test in one binary: it is linked once.

mod form_kunjungan;
mod layers;
