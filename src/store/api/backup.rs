//! What a backup file brought to a device.

use serde::{Deserialize, Serialize};

/// What a backup file brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Restored {
    /// Changes taken into the queue.
    pub changes: u32,
    /// Changes that are or were on this device already.
    pub known: u32,
    /// Photos that were not here.
    pub photos: u32,
}
