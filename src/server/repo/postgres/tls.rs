//! Encryption on the way to the database server. Its certificate is one that the machine trusts: of the system's authorities, or
//! of those in the file that `SSL_CERT_FILE` names.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::server::repo::Error;

/// What encrypts a connection.
///
/// # Errors
/// [`Error::Setting`] when there is no way to encrypt.
pub(super) fn connector() -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is missed only by who needs it, and then the connection says that it is unknown.
    let (_added, _ignored) =
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::Setting(format!("connections cannot be encrypted: {why}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
