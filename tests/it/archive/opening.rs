//! What opening an archive finds, and says.
