//! What somebody of the staff proves who they are by: a password, or once a link.

use jetstream_es::{Connection, Record, RecordError, Records};
use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::staff::StaffName;

use super::password::{Hash, HashError, Hasher, Password, WeakPassword};
use super::secret::{NoSecret, RandomError, Secret, SecretDigest};
use crate::clock;

/// The bucket, which only the backend reads.
pub const BUCKET: &str = "credentials";
/// For how many minutes a link can be used, once.
pub const LINK_MINUTES: u16 = 24 * 60;

/// What is kept of somebody's credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    password: Option<KeptPassword>,
    link: Option<KeptLink>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptPassword {
    hash: Hash,
    /// When it was chosen.
    chosen: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct KeptLink {
    secret: SecretDigest,
    until: Timestamp,
}

/// The credentials of the staff.
#[derive(Debug)]
pub struct Credentials {
    records: Records<Kept>,
    hasher: Hasher,
}

/// A link that lets its owner choose a password, once. Text form: `<name>.<secret>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub staff: StaffName,
    secret: Secret,
}

/// Why credentials were neither made nor compared.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("the credentials cannot be read or written: {0}")]
    Records(#[from] RecordError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Random(#[from] RandomError),
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// It was used, its time is over, a newer one was made, or it never was one.
    #[error("this link can no longer be used")]
    LinkOver,
}

impl Link {
    /// The text that is given to the one whom it is for.
    pub fn expose(&self) -> String {
        format!("{}.{}", self.staff, self.secret.expose())
    }
}

impl std::str::FromStr for Link {
    type Err = NoSecret;

    fn from_str(text: &str) -> Result<Self, NoSecret> {
        let (staff, secret) = text.split_once('.').ok_or(NoSecret)?;
        Ok(Self {
            staff: staff.parse().map_err(|_| NoSecret)?,
            secret: secret.parse()?,
        })
    }
}

impl Credentials {
    /// # Errors
    /// When the machine has no random numbers.
    pub fn new(connection: &Connection) -> Result<Self, HashError> {
        Ok(Self {
            records: Records::new(connection, BUCKET),
            hasher: Hasher::new()?,
        })
    }

    /// Whether this is the password of the one with this name, and was chosen no earlier than `reset`. It takes as long for a
    /// name that nobody has.
    ///
    /// # Errors
    /// When that is not known.
    pub async fn matches(
        &self,
        staff: &StaffName,
        password: &Password,
        reset: Option<Timestamp>,
    ) -> Result<bool, CredentialError> {
        let kept = self.records.get(staff.as_str()).await?;
        let kept = kept.and_then(|kept| kept.value.password);
        let hash = kept.as_ref().map(|kept| &kept.hash);
        let matches = self.hasher.matches(password, hash).await?;
        Ok(matches && kept.is_some_and(|kept| reset <= Some(kept.chosen)))
    }

    /// Takes as long as [`matches`](Self::matches) does, for what cannot be a name.
    ///
    /// # Errors
    /// When too many are at it.
    pub async fn matches_nobody(&self, password: &Password) -> Result<(), CredentialError> {
        self.hasher.matches(password, None).await?;
        Ok(())
    }

    /// Makes this the password, and every link worthless.
    ///
    /// # Errors
    /// When it is too weak, or not known to be kept.
    pub async fn set_password(
        &self,
        staff: &StaffName,
        password: &Password,
    ) -> Result<(), CredentialError> {
        password.may_be_chosen_by(staff.as_str())?;
        let kept = self.chosen(password).await?;
        self.records.put(staff.as_str(), &kept).await?;
        Ok(())
    }

    /// Makes a link that can be used once within [`LINK_MINUTES`]. The password and every earlier link are worthless from now on.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub async fn new_link(&self, staff: &StaffName) -> Result<Link, CredentialError> {
        let secret = Secret::random()?;
        let kept = Kept {
            password: None,
            link: Some(KeptLink {
                secret: secret.digest(),
                until: clock::now().plus_minutes(LINK_MINUTES),
            }),
        };
        self.records.put(staff.as_str(), &kept).await?;
        Ok(Link {
            staff: staff.clone(),
            secret,
        })
    }

    /// Whether the link can be used.
    ///
    /// # Errors
    /// [`CredentialError::LinkOver`] if it cannot.
    pub async fn look_at(&self, link: &Link) -> Result<(), CredentialError> {
        self.find(link).await.map(|_| ())
    }

    /// Uses the link up, and makes this the password.
    ///
    /// # Errors
    /// When the link cannot be used, or the password is too weak: the link can be used again then.
    pub async fn redeem(&self, link: &Link, password: &Password) -> Result<(), CredentialError> {
        let there = self.find(link).await?;
        password.may_be_chosen_by(link.staff.as_str())?;
        let kept = self.chosen(password).await?;
        let key = link.staff.as_str();
        match self.records.update(key, &kept, there.revision).await {
            Ok(_) => Ok(()),
            // Whoever was first has used it.
            Err(error) if error.is_conflict() => Err(CredentialError::LinkOver),
            Err(error) => Err(error.into()),
        }
    }

    async fn chosen(&self, password: &Password) -> Result<Kept, CredentialError> {
        // Before it takes its time: a reset that comes meanwhile counts.
        let chosen = clock::now();
        let hash = self.hasher.hash(password).await?;
        Ok(Kept {
            password: Some(KeptPassword { hash, chosen }),
            link: None,
        })
    }

    async fn find(&self, link: &Link) -> Result<Record<Kept>, CredentialError> {
        let there = self.records.get(link.staff.as_str()).await?;
        let is_good =
            |kept: &KeptLink| kept.secret == link.secret.digest() && clock::now() < kept.until;
        there
            .filter(|there| there.value.link.as_ref().is_some_and(is_good))
            .ok_or(CredentialError::LinkOver)
    }
}
