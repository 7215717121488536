//! The objects inside `Details`: inviters, policies, profiles, permissions, attributes. Written by
//! `facts/generate.py` from `facts/fields.tsv`.

use super::User;
use super::objects;

objects! {
    /// Who invited, or removed, a user: flat, or with the user inside.
    Inviter {
        type_name "type": text;
        user "user": object User;
        id "id": text;
        name "name": text;
        email "email": text;
        team "team": text;
    }
    /// How long messages are kept.
    RetentionPolicy {
        type_name "type": text;
        duration_days "duration_days": integer;
    }
    /// Who may do something in a channel: kinds of users, and users.
    ConversationPref {
        type_name "type": texts;
        user "user": texts;
    }
    /// Whether a feature is on.
    FeatureEnablement {
        enabled "enabled": boolean;
    }
    /// The channel that something was shared with.
    SharedWith {
        channel_id "channel_id": text;
        access_level "access_level": text;
    }
    /// A user's profile before or after a change.
    Profile {
        real_name "real_name": text;
        first_name "first_name": text;
        last_name "last_name": text;
        display_name "display_name": text;
        image_original "image_original": text;
        image_24 "image_24": text;
        image_32 "image_32": text;
        image_48 "image_48": text;
        image_72 "image_72": text;
        image_192 "image_192": text;
        image_512 "image_512": text;
        image_1024 "image_1024": text;
    }
    /// The file behind a canvas.
    SpaceFileId {
        payload "payload": text;
    }
    /// An attribute of a datastore.
    Attribute {
        name "name": text;
        type_name "type": text;
        items "items": object AttributeItems;
    }
    /// The type of an [`Attribute`]'s items.
    AttributeItems {
        type_name "type": text;
    }
    /// Scopes granted on a resource.
    Permission {
        resource "resource": object Resource;
        scopes "scopes": texts;
    }
    /// What a [`Permission`] is about.
    Resource {
        type_name "type": text;
        grant "grant": object Grant;
    }
    /// The grant of a [`Resource`].
    Grant {
        type_name "type": text;
        resource_id "resource_id": text;
        wildcard "wildcard": object WildCard;
    }
    /// The wildcard of a [`Grant`].
    WildCard {
        type_name "type": text;
    }
}
