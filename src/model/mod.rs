//! The model: pages, entries, actions and schemas as JSON.
