//! Retry: the handlers of the Python SDK, as a tower policy.

mod bounds;
mod budget;
mod builtin;
mod cancel;
mod end_to_end;
mod events;
mod handlers;
mod refused_wait;
mod requests;
mod retry_after;
mod untrusted;
