//! What stands in the place of the engine for PostgreSQL in a program that was built without it: nobody can connect.

use std::{convert::Infallible, future::Ready, str::FromStr};

use super::{Error, Tx};

/// The address of a database: there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address(Infallible);

impl FromStr for Address {
    type Err = Error;

    fn from_str(_: &str) -> Result<Self, Error> {
        Err(Error::Setting(
            "this program was built without PostgreSQL: build it with the feature `postgres`"
                .to_owned(),
        ))
    }
}

/// The open engine: there is none.
pub(super) struct Engine(Infallible);

impl Engine {
    pub(super) fn connect(address: &Address) -> Result<Self, Error> {
        match address.0 {}
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        _: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Ready<Result<T, Error>> {
        match self.0 {}
    }

    pub(super) fn read<T: Send + 'static>(
        &self,
        _: impl FnMut(&dyn Tx) -> Result<T, Error> + Send + 'static,
    ) -> Ready<Result<T, Error>> {
        match self.0 {}
    }

    pub(super) fn close(&self) {
        match self.0 {}
    }
}

/// The engine as a command opens it: there is none.
pub(super) struct Direct(Infallible);

impl Direct {
    pub(super) fn connect(address: &Address) -> Result<Self, Error> {
        match address.0 {}
    }

    pub(super) fn write<T, E: From<Error>>(
        &mut self,
        _: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.0 {}
    }

    pub(super) fn read<T, E: From<Error>>(
        &mut self,
        _: impl FnOnce(&dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.0 {}
    }

    pub(super) fn schema(&mut self) -> Result<u32, Error> {
        match self.0 {}
    }
}
