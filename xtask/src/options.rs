//! The options of the commands that serve.

use crate::place;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// How to serve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Serving {
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
    /// The office's data folder.
    pub(crate) data: PathBuf,
    /// Whether a demo office made earlier goes first.
    pub(crate) fresh: bool,
}

impl Serving {
    /// Reads `--port N`, `--data DIR` and `--fresh`.
    ///
    /// # Errors
    /// When a word is unknown or a value is missing.
    pub(crate) fn parse(args: &[String]) -> Result<Self> {
        let mut serving = Self {
            port: 8080,
            data: place::root().join("data"),
            fresh: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let (name, given) = arg
                .split_once('=')
                .map_or((arg.as_str(), None), |(name, value)| (name, Some(value)));
            let mut value = || {
                given
                    .or_else(|| args.next().map(String::as_str))
                    .with_context(|| format!("{name} needs a value"))
            };
            match name {
                "--port" => {
                    serving.port = value()?
                        .parse()
                        .with_context(|| format!("{arg} is not a port"))?
                }
                "--data" => serving.data = std::path::absolute(value()?)?,
                "--fresh" if given.is_none() => serving.fresh = true,
                _ => bail!("`{arg}` is unknown; there are --port N, --data DIR and --fresh"),
            }
        }
        Ok(serving)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(line: &str) -> Result<Serving> {
        Serving::parse(
            &line
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn options_are_read_with_a_space_or_an_equals_sign() {
        let expected = Serving {
            port: 9000,
            data: "/tmp/office".into(),
            fresh: true,
        };
        assert_eq!(
            parse("--port 9000 --data /tmp/office --fresh").unwrap(),
            expected
        );
        assert_eq!(
            parse("--port=9000 --data=/tmp/office --fresh").unwrap(),
            expected
        );
    }

    #[test]
    fn without_options_it_is_port_8080_and_the_folder_data() {
        let serving = parse("").unwrap();
        assert_eq!((serving.port, serving.fresh), (8080, false));
        assert!(serving.data.ends_with("data"));
    }

    #[test]
    fn a_missing_value_and_an_unknown_word_are_refused() {
        assert!(parse("--port").is_err());
        assert!(parse("--port many").is_err());
        assert!(parse("--quick").is_err());
    }
}
