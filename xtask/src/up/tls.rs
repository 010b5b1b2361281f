//! The certificates of `up --tls`: a certificate authority of this machine, made once so that a browser has to be told of it once,
//! and a certificate for nats-server and backend, made at each start.
//!
//! The authority's own certificate says that it vouches for this machine's own names and for nothing else. So a browser that trusts
//! it is no worse off when its key is stolen.

use super::{doors, run_folder::RunFolder};
use crate::{console, error::Error};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use time::{Duration, OffsetDateTime};

/// What browsers are told to trust.
pub(super) const AUTHORITY: &str = "tls/ca.pem";
const AUTHORITY_KEY: &str = "tls/ca.key";
pub(super) const CERTIFICATE: &str = "tls/cert.pem";
pub(super) const KEY: &str = "tls/key.pem";
/// What nats-server.production.conf includes.
const EDGE: &str = "edge.conf";

/// As long as a hotel on this machine may be tried out.
const AUTHORITY_LASTS: Duration = Duration::days(3650);
/// It is made anew at each start, and browsers take none that lasts longer.
const CERTIFICATE_LASTS: Duration = Duration::days(397);
/// For clocks that are late.
const BEFORE: Duration = Duration::days(1);

const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Makes what is missing in `.run/tls/`, and tells nats-server of it.
pub(super) fn prepare(folder: &RunFolder) -> Result<(), Error> {
    folder.make_folder("tls")?;
    let authority = authority(folder)?;
    let key = KeyPair::generate()?;
    let certificate = certificate()?.signed_by(&key, &authority)?;
    folder.write(KEY, &key.serialize_pem())?;
    folder.write(CERTIFICATE, &certificate.pem())?;
    folder.write(EDGE, &edge())
}

/// The authority of this machine, which is made when there is none.
fn authority(folder: &RunFolder) -> Result<Issuer<'static, KeyPair>, Error> {
    let params = authority_params();
    if let (Some(key), Some(_)) = (folder.read(AUTHORITY_KEY)?, folder.read(AUTHORITY)?) {
        return Ok(Issuer::new(params, KeyPair::from_pem(&key)?));
    }
    console::say("making a certificate authority for this machine");
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    folder.write(AUTHORITY_KEY, &key.serialize_pem())?;
    folder.write(AUTHORITY, &certificate.pem())?;
    Ok(Issuer::new(params, key))
}

/// What the authority is. Its name must stay as it is: certificates are matched with it.
fn authority_params() -> CertificateParams {
    let mut params = lasting(CertificateParams::default(), AUTHORITY_LASTS);
    let name = "Vacancy on this machine";
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".into()),
            GeneralSubtree::IpAddress(CidrSubnet::V4([127, 0, 0, 1], [255; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6(
                std::net::Ipv6Addr::LOCALHOST.octets(),
                [255; 16],
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    params
}

fn certificate() -> Result<CertificateParams, Error> {
    let names = NAMES.map(str::to_owned).to_vec();
    let mut params = lasting(CertificateParams::new(names)?, CERTIFICATE_LASTS);
    let name = "Vacancy's server on this machine";
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn lasting(mut params: CertificateParams, duration: Duration) -> CertificateParams {
    params.not_before = OffsetDateTime::now_utc() - BEFORE;
    params.not_after = params.not_before + duration;
    params
}

/// The variables that nats-server.production.conf refers to.
fn edge() -> String {
    let [clients, browsers] = [doors::NATS, doors::WEBSOCKET];
    let board = doors::TLS_BOARD;
    format!(
        "# Made by `cargo xtask up --tls`.\n\
         CLIENTS: \"127.0.0.1:{clients}\"\n\
         BROWSERS: \"127.0.0.1:{browsers}\"\n\
         PAGES: [\"https://127.0.0.1:{board}\", \"https://localhost:{board}\"]\n\
         CERTIFICATE: \".run/{CERTIFICATE}\"\n\
         KEY: \".run/{KEY}\"\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio_rustls::rustls::{
        RootCertStore,
        client::{WebPkiServerVerifier, danger::ServerCertVerifier},
        crypto::ring,
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    };

    /// Whether somebody who trusts the authority takes the certificate for one of this server.
    fn is_trusted(authority: &str, certificate: &str, name: &str) -> bool {
        let [authority, certificate] = [authority, certificate]
            .map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate"));
        let mut roots = RootCertStore::empty();
        roots.add(authority).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("a verifier");
        let name = ServerName::try_from(name).expect("a name");
        let verified = verifier.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now());
        verified.is_ok()
    }

    #[test]
    fn whoever_trusts_the_authority_trusts_each_start() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        let read = |name: &str| folder.read(name).expect("readable").expect("there");
        prepare(&folder).expect("made");
        let (authority, first) = (read(AUTHORITY), read(CERTIFICATE));
        prepare(&folder).expect("made");
        assert_eq!(read(AUTHORITY), authority);
        assert_ne!(read(CERTIFICATE), first);
        for name in NAMES {
            assert!(is_trusted(&authority, &read(CERTIFICATE), name), "{name}");
        }
        assert!(!is_trusted(&authority, &first, "hotel.example"));
    }

    #[test]
    fn the_authority_vouches_for_this_machine_alone() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::at(temporary.path());
        prepare(&folder).expect("made");
        let issuer = authority(&folder).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let authority = folder.read(AUTHORITY).expect("readable").expect("there");
        for name in ["hotel.example", "10.0.0.7"] {
            let params = CertificateParams::new([name.to_owned()]).expect("a name");
            let stolen = params.signed_by(&key, &issuer).expect("signed");
            assert!(!is_trusted(&authority, &stolen.pem(), name), "{name}");
        }
    }
}
