//! The nearest names to one that there is not.

use strsim::damerau_levenshtein;

/// So many are worth suggesting.
const MOST: usize = 3;

/// The nearest of the names, nearest first; none that takes more than a third of it to be changed,
/// unless it contains it.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let other = name.to_lowercase();
            // The distance costs both lengths: what is much longer cannot be near.
            let distance = if other.len().abs_diff(wanted.len()) > 4 * most {
                usize::MAX
            } else {
                damerau_levenshtein(&wanted, &other)
            };
            let part = wanted.len() >= 4 && other.contains(&wanted);
            (distance <= most || part).then(|| (distance.min(most + 1), name))
        })
        .collect();
    near.sort_unstable();
    near.dedup();
    // What is much further off than the nearest was not meant.
    let furthest = near.first().map_or(0, |(nearest, _)| nearest + 1);
    near.retain(|(distance, _)| *distance <= furthest);
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// `; did you mean …?`, or nothing.
pub(crate) fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let near = nearest(name, names);
    if near.is_empty() {
        return String::new();
    }
    format!("; did you mean {}?", near.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_only() {
        let names = [
            "user_login",
            "user_logout",
            "user_login_failed",
            "file_shared",
        ];
        assert_eq!(nearest("user_logn", names), ["user_login"]);
        assert_eq!(nearest("userlogin", names), ["user_login"]);
        assert_eq!(nearest("USER_LOGIN_FAILD", names), ["user_login_failed"]);
        assert_eq!(nearest("shared", names), ["file_shared"]);
        assert!(nearest("teleported", names).is_empty());
        assert_eq!(suggestion("x", names), "");
    }
}
