//! The `.creds` files that `nsc` and `nats` make for a user.

use super::{KeyError, KeyPair};
use crate::proto::Credentials;

/// Why a text is not a `.creds` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredsError {
    /// No line follows `-----BEGIN NATS USER JWT-----`: the text is cut off, or is something else, such as a seed
    /// alone.
    #[error("there is no JWT between BEGIN NATS USER JWT and its END: take the whole file")]
    NoJwt,
    /// There is a JWT, and no line follows `-----BEGIN USER NKEY SEED-----`: the text is cut off, or the key is kept
    /// elsewhere.
    #[error("there is no seed between BEGIN USER NKEY SEED and its END: take the whole file")]
    NoSeed,
    /// There is a line where the seed belongs, and it is none.
    #[error(transparent)]
    Seed(#[from] KeyError),
}

impl Credentials {
    /// Reads a `.creds` file, which holds the JWT of a user and the seed of the user's key.
    ///
    /// Whoever can read the page can read what is in it. A key in the browser's keeping (`NonExtractableKey`) with a JWT from
    /// the page's own server is safer.
    ///
    /// # Errors
    /// When one of both is missing, or the seed is none.
    pub fn from_creds(text: &str) -> Result<Self, CredsError> {
        let jwt = section(text, "USER JWT").ok_or(CredsError::NoJwt)?;
        let seed = section(text, "NKEY SEED").ok_or(CredsError::NoSeed)?;
        Ok(Self::jwt(jwt, KeyPair::from_seed(seed)?))
    }
}

/// The line between `-----BEGIN … title-----` and the next line of dashes.
fn section<'a>(text: &'a str, title: &str) -> Option<&'a str> {
    let is_fence = |line: &&str| line.starts_with("---");
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| {
        let words = line.trim_matches('-');
        is_fence(line) && words.starts_with("BEGIN") && words.ends_with(title)
    })?;
    lines
        .take_while(|line| !is_fence(line))
        .find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDS: &str = "-----BEGIN NATS USER JWT-----
e30.e30.sig
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.

-----BEGIN USER NKEY SEED-----
SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY
------END USER NKEY SEED------
";

    #[test]
    fn a_file_as_nsc_makes_it() {
        for text in [CREDS.to_owned(), CREDS.replace('\n', "\r\n")] {
            let Ok(Credentials::Jwt {
                jwt,
                signer: Some(signer),
            }) = Credentials::from_creds(&text)
            else {
                panic!("{text:?}");
            };
            assert_eq!(jwt, "e30.e30.sig");
            assert!(signer.public_key().starts_with("UDXU4R"));
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let error = |text: &str| Credentials::from_creds(text).err();
        assert_eq!(error(""), Some(CredsError::NoJwt));
        assert_eq!(
            error(&CREDS.replace("e30.e30.sig", "")),
            Some(CredsError::NoJwt)
        );
        let jwt_only = CREDS.split_once("***").expect("two halves").0;
        assert_eq!(error(jwt_only), Some(CredsError::NoSeed));
        assert_eq!(
            error(&CREDS.replace("SUACSSL", "SUACSSM")),
            Some(CredsError::Seed(KeyError::Checksum))
        );
    }
}
