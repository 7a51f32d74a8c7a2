//! From where a request has come, as far as those who call from there can be told apart.

use std::net::IpAddr;

use super::settings::AccountSettings;
use crate::web::Request;

/// The address that a request has come from, as its host knows it; an extension of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Returns from where a request has come, as a text; nothing where that is not known.
///
/// A connection out of a private network is that of a proxy, which may speak for everybody: who they are only a
/// header tells, of which the operator says that the proxy writes it.
pub(super) fn peer_of(request: &Request, settings: &AccountSettings) -> Option<String> {
    let ip = match &settings.peer_header {
        Some(name) => {
            let last = request.headers().get_all(name).iter().next_back()?;
            // What stands before it has come with the request, and anybody could have written it.
            last.to_str()
                .ok()?
                .rsplit(',')
                .next()?
                .trim()
                .parse()
                .ok()?
        }
        None => {
            let Peer(ip) = request.extensions().get::<Peer>()?;
            Some(ip.to_canonical()).filter(|ip| is_public(*ip))?
        }
    };
    Some(network_of(ip))
}

/// Returns what one customer has: an address, or the 64 bits in front of one (RFC 6177).
fn network_of(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("{:016x}", ip.to_bits() >> 64),
    }
}

/// Tells whether an address is none of a private network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            // RFC 6598: between a carrier and its customers.
            let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64;
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared)
        }
        IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::Body;

    fn request(peer: &str, header: &[&str]) -> Request {
        let mut request = http::Request::post("/auth/sign-in");
        for value in header {
            request = request.header("x-forwarded-for", *value);
        }
        let peer = Peer(peer.parse().unwrap());
        request.extension(peer).body(Body::empty()).unwrap()
    }

    #[test]
    fn who_calls_from_one_place_is_one() {
        let settings = AccountSettings::default();
        let of = |peer| peer_of(&request(peer, &["203.0.113.9"]), &settings);
        assert_eq!(of("198.51.100.7").as_deref(), Some("198.51.100.7"));
        assert_eq!(of("::ffff:198.51.100.7"), of("198.51.100.7"));
        assert_ne!(of("198.51.100.7"), of("198.51.100.8"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::2"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        for proxy in [
            "127.0.0.1",
            "10.0.0.1",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(of(proxy), None, "{proxy}");
        }
    }

    #[test]
    fn behind_a_proxy_it_is_what_the_proxy_says_last() {
        let settings = AccountSettings::parse(r#"{ "peerHeader": "X-Forwarded-For" }"#).unwrap();
        let of = |header: &[&str]| peer_of(&request("10.0.0.1", header), &settings);
        let expected = Some("203.0.113.9".to_owned());
        assert_eq!(of(&["203.0.113.9"]), expected);
        assert_eq!(of(&["198.51.100.7, 203.0.113.9"]), expected);
        assert_eq!(of(&["198.51.100.7", "203.0.113.9"]), expected);
        assert_eq!(of(&["203.0.113.9, unknown"]), None);
        assert_eq!(of(&[]), None);
    }
}
