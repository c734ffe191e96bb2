//! A load that failed.

use std::error::Error;
use std::fmt;

use reweave::sync::Arc;

/// A load failed, with an error that all share who waited for it.
pub struct LoadError<E>(Arc<E>);

impl<E> LoadError<E> {
    pub(super) fn new(error: E) -> Self {
        Self(Arc::new(error))
    }

    /// What the loader said.
    pub fn get(&self) -> &E {
        &self.0
    }

    /// Whether both are of the same load.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<E> Clone for LoadError<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E: fmt::Debug> fmt::Debug for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoadError").field(&self.0).finish()
    }
}

/// As the error of the loader.
impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: Error> Error for LoadError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
