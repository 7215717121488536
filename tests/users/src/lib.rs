//! What a tower user types, in a crate of its own: only the public API, and the dependencies that
//! the README names with what such a user adds. One file for each kind of thing; the recipes of
//! `docs/recipes.md` are its doc tests.
#![cfg(any(test, doctest))]

#[cfg(test)]
mod collecting;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod mocks;
#[cfg(test)]
mod models;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod services;
#[cfg(test)]
mod stack;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/recipes.md")]
struct Recipes;
