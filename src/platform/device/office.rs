//! What an administrator asks the server for and no device keeps.

use super::Device;
use super::drive::{succeeded, trouble};
use crate::platform::machine::{Answer, Machine};
use crate::store::api::{Bytes, Reply, StoreError};
use crate::sync::engine::Failure;

/// The server's way to refuse with a report.
const WITH_A_REPORT: u16 = 422;

impl<M: Machine> Device<M> {
    pub(super) async fn ask_office(
        &self,
        path: String,
        body: Option<Bytes>,
    ) -> Result<Reply, StoreError> {
        let generation = self.state.borrow().generation;
        let method = if body.is_some() { "POST" } else { "GET" };
        let body = body.map(|body| body.0).unwrap_or_default();
        let failed = |why: &Failure| match why {
            Failure::Status { status: 403, .. } => StoreError::Forbidden,
            Failure::Status { status: 404, .. } => StoreError::NotFound,
            why => StoreError::Server(trouble(why)),
        };
        let answer = self
            .ask_server(method, path, Vec::new(), body, generation)
            .await
            .map_err(|why| failed(&why))?;
        if let Answer::Response {
            status: WITH_A_REPORT,
            ours: true,
            body,
            ..
        } = &answer
        {
            return Ok(Reply::Bytes(Bytes(body.clone())));
        }
        let (bytes, _) = succeeded(&answer).map_err(|why| failed(&why))?;
        Ok(Reply::Bytes(Bytes(bytes.to_vec())))
    }
}
