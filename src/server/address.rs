//! Where a request comes from, and as whose neighbour it is counted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use super::{error::AppError, state::AppState};

/// A client's network. Whoever has an IPv6 address has 2^64 of them, so they count as one; a customer of a provider often
/// has 2^80, so these have a budget together, too.
///
/// | address | near | wide |
/// |---|---|---|
/// | `203.0.113.7` | `203.0.113.7` | `203.0.113.7` |
/// | `::ffff:203.0.113.7` | `203.0.113.7` | `203.0.113.7` |
/// | `2001:db8:1:2:3::4` | `2001:db8:1:2::/64` | `2001:db8:1::/48` |
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Network {
    /// The address, or the /64 of an IPv6 address.
    pub near: String,
    /// The address, or the /48 of an IPv6 address.
    pub wide: String,
}

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self {
                near: address.to_string(),
                wide: address.to_string(),
            },
            IpAddr::V6(address) => Self {
                near: prefix(address, 64),
                wide: prefix(address, 48),
            },
        }
    }
}

fn prefix(address: Ipv6Addr, bits: u32) -> String {
    let kept = address.to_bits() & (u128::MAX << (128 - bits));
    format!("{}/{bits}", Ipv6Addr::from_bits(kept))
}

/// The address that a proxy names: the last entry of the last `X-Forwarded-For`, with or without a port. What stands
/// before it the client may have written itself.
///
/// | header lines | address |
/// |---|---|
/// | `1.1.1.1, 2.2.2.2` | `2.2.2.2` |
/// | `1.1.1.1` and `2.2.2.2:5678` | `2.2.2.2` |
/// | `[2001:db8::1]:443` | `2001:db8::1` |
#[must_use]
pub fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?;
    let entry = line.to_str().ok()?.rsplit(',').next()?.trim();
    let bare = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(entry);
    let address = bare.parse::<IpAddr>();
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    address.or_else(|_| with_port()).ok()
}

impl FromRequestParts<AppState> for Network {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, AppError> {
        let connected = || {
            let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            info.map(|ConnectInfo(address)| address.ip())
        };
        let address = if state.config().behind_proxy {
            forwarded(&parts.headers).or_else(connected)
        } else {
            connected()
        };
        std::future::ready(Ok(address.map(Self::of).unwrap_or_default())).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn named(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        forwarded(&headers).map(|address| address.to_string())
    }

    #[test]
    fn the_last_entry_of_the_last_line_is_the_client() {
        for (lines, address) in [
            (&["1.1.1.1"][..], Some("1.1.1.1")),
            (&["1.1.1.1, 2.2.2.2"], Some("2.2.2.2")),
            (&["6.6.6.6", "2.2.2.2"], Some("2.2.2.2")),
            (&["6.6.6.6", "7.7.7.7,2.2.2.2"], Some("2.2.2.2")),
            (&["2.2.2.2:5678"], Some("2.2.2.2")),
            (&["[2001:db8::1]:443"], Some("2001:db8::1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["2001:db8::1"], Some("2001:db8::1")),
            (&["1.1.1.1, unknown"], None),
            (&["1.1.1.1,"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(named(lines).as_deref(), address, "{lines:?}");
        }
    }

    #[test]
    fn neighbours_of_one_ipv6_network_are_one_client() {
        let of = |address: &str| Network::of(address.parse().unwrap());
        let one = of("2001:db8:1:2:3:4:5:6");
        assert_eq!(one, of("2001:db8:1:2:ffff::1"));
        assert_eq!(one.near, "2001:db8:1:2::/64");
        assert_eq!(one.wide, of("2001:db8:1:3::1").wide);
        assert_ne!(one.near, of("2001:db8:1:3::1").near);
        assert_ne!(one.wide, of("2001:db8:2:2::1").wide);
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }
}
