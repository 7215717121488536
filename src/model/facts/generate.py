#!/usr/bin/env python3
"""Writes the generated parts of the model from `fields.tsv` and `actions.tsv`.

Run it from anywhere after one of the two lists changed, then `cargo fmt`:

    python3 src/model/facts/generate.py

It overwrites `keys.rs`, `objects/*.rs` (but not `objects/mod.rs`) and `action/*.rs` (but not
`action/mod.rs`), and the probes of the test that walks the fields. A field with a type it does not know, an object no file is named for, or two
actions with one constant name stop it.
"""

import pathlib
import re

FACTS = pathlib.Path(__file__).resolve().parent
MODEL = FACTS.parent

# Which file holds which object, and what the file says about itself.
FILES = {
    "event": ("Who acted, and where from: actor, user, context, app, location.",
              ["Actor", "User", "Context", "AgentMessage", "App", "Location", "ResponseMetadata"]),
    "entity": ("What was acted upon: `Entity` and the object of each of its kinds.",
               ["Entity", "Channel", "File", "Message", "Huddle", "Role", "Usergroup", "Workflow",
                "InformationBarrier", "WorkflowV2", "WorkflowV2StepConfiguration", "AccountTypeRole",
                "SlackList", "Function", "Canvas", "Template", "LegalHoldPolicy"]),
    "details": ("What else is known about an event: `Details`, the one object with fields for every action.",
                ["Details"]),
    "parts": ("The objects inside `Details`: inviters, policies, profiles, permissions, attributes.",
              ["Inviter", "RetentionPolicy", "ConversationPref", "FeatureEnablement", "SharedWith", "Profile",
               "SpaceFileId", "Attribute", "AttributeItems", "Permission", "Resource", "Grant", "WildCard"]),
    "rules": ("The approval rules and requests inside `Details`.",
              ["ApprovalRule", "ApprovalRuleAction", "ApprovalRuleResolution", "ApprovalRuleNotify",
               "ApprovalRuleCondition", "ApprovalRuleConditionValue", "ApprovalRequest"]),
}
# These two hold other things than one view can: they are written by hand, in `page.rs` and `entry.rs`.
BY_HAND = {"LogsResponse", "Entry"}

ABOUT = {
    "Actor": "Who did it. `type` is `user` in practice.",
    "User": "A person, a bot, or one of Slack's own (`USLACKUSER`, `USLACKSECURITY`).",
    "Context": "Where the action came from.",
    "AgentMessage": "The message that made an agent act for a user.",
    "App": "An app: as the thing acted upon, or as the one that acted.",
    "Location": "A workspace or an enterprise organization.",
    "ResponseMetadata": "What a page says about itself: the cursor of the next one, and warnings.",
    "Entity": "What was acted upon. `type` names the one object that is filled, see [`Entity::kind`].",
    "Channel": "A channel, private channel or direct message.",
    "File": "A file.",
    "Message": "A message. It has no id; channel and timestamp name it.",
    "Huddle": "A huddle.",
    "Role": "An administrative role.",
    "Usergroup": "A user group.",
    "Workflow": "A workflow of the former Workflow Builder.",
    "InformationBarrier": "A barrier that keeps user groups from contacting each other.",
    "WorkflowV2": "A workflow of today's Workflow Builder.",
    "WorkflowV2StepConfiguration": "One step of a [`WorkflowV2`].",
    "AccountTypeRole": "A role that comes with an account type.",
    "SlackList": "A Slack list.",
    "Function": "A function of an app.",
    "Canvas": "A canvas.",
    "Template": "A template.",
    "LegalHoldPolicy": "A legal hold policy.",
    "Details": "What else is known about an event. Which fields are filled depends on the action.",
    "Inviter": "Who invited, or removed, a user: flat, or with the user inside.",
    "RetentionPolicy": "How long messages are kept.",
    "ConversationPref": "Who may do something in a channel: kinds of users, and users.",
    "FeatureEnablement": "Whether a feature is on.",
    "SharedWith": "The channel that something was shared with.",
    "Profile": "A user's profile before or after a change.",
    "SpaceFileId": "The file behind a canvas.",
    "Attribute": "An attribute of a datastore.",
    "AttributeItems": "The type of an [`Attribute`]'s items.",
    "Permission": "Scopes granted on a resource.",
    "Resource": "What a [`Permission`] is about.",
    "Grant": "The grant of a [`Resource`].",
    "WildCard": "The wildcard of a [`Grant`].",
    "ApprovalRule": "A rule that approves or denies apps by itself.",
    "ApprovalRuleAction": "What an [`ApprovalRule`] does.",
    "ApprovalRuleResolution": "The decision an [`ApprovalRule`] takes.",
    "ApprovalRuleNotify": "Whom an [`ApprovalRule`] tells.",
    "ApprovalRuleCondition": "When an [`ApprovalRule`] applies.",
    "ApprovalRuleConditionValue": "One comparison of an [`ApprovalRuleCondition`].",
    "ApprovalRequest": "The request that an [`ApprovalRule`] answered.",
}

PLAIN = {
    "string": "text",
    "string | int": "text_or_integer",
    "int": "integer",
    "bool": "boolean",
    "any JSON": "any",
    "string, list of string, or object": "any",
    "string | list of string | any JSON": "any",
    "list of string": "texts",
    "list of any JSON": "values",
    "list of string, or one string holding a JSON list": "texts_or_text",
}


def kind(wire, objects):
    """The macro's word for a type of `fields.tsv`."""
    if wire in PLAIN:
        return PLAIN[wire]
    if wire in objects:
        return f"object {wire}"
    if m := re.fullmatch(r"list of (\w+)( \| any JSON)?", wire):
        if m[1] in objects:
            return f"objects_or_any {m[1]}" if m[2] else f"objects {m[1]}"
    raise SystemExit(f"fields.tsv: no rule for the type {wire!r}")


def rows(name):
    for line in (FACTS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def method(wire):
    return "type_name" if wire == "type" else wire


def write(path, text):
    (MODEL / path).write_text(text)
    print(path)


def fields():
    objects = {}
    for name, wire, types in rows("fields.tsv"):
        objects.setdefault(name, []).append((wire, types))
    homes = {name for _, names in FILES.values() for name in names}
    if homes ^ set(objects) ^ BY_HAND:
        raise SystemExit(f"objects without a home: {homes ^ set(objects) ^ BY_HAND}")

    # `schemas` and `actions` are what the two other endpoints answer with.
    keys = sorted({wire for list_ in objects.values() for wire, _ in list_} | {"schemas", "actions"})
    out = ["//! Every field name that Slack is known to use. Written by `facts/generate.py` from `facts/fields.tsv`.\n",
           "/// Field names in alphabetical order; a name's place is its number on a tape.",
           f"pub(crate) static NAMES: [&str; {len(keys)}] = ["]
    out += [f'    "{key}",' for key in keys] + ["];", ""]
    write("keys.rs", "\n".join(out))

    for file, (about, names) in FILES.items():
        used = sorted({m for name in names for _, types in objects[name]
                       for m in re.findall(r"\w+", types) if m in objects and m not in names})
        out = [f"//! {about} Written by `facts/generate.py` from `facts/fields.tsv`.\n",
               "use super::objects;"]
        if used:
            out.append(f"use super::{{{', '.join(used)}}};")
        out.append("\nobjects! {")
        for name in names:
            out.append(f"    /// {ABOUT[name]}\n    {name} {{")
            out += [f'        {method(wire)} "{wire}": {kind(types, objects)};' for wire, types in objects[name]]
            out.append("    }")
        out += ["}", ""]
        write(f"objects/{file}.rs", "\n".join(out))


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def homes(objects):
    """The first place where each object stands in an entry: path, object around it, method, and how."""
    found, queue = {"Entry": ("", None, None, None)}, ["Entry"]
    for name in queue:
        for wire, types in objects[name]:
            match = re.fullmatch(r"(list of )?(\w+)( \| any JSON)?", types)
            if match and match[2] in objects and match[2] not in found:
                how = "or" if match[3] else "list" if match[1] else "one"
                path = ".".join(filter(None, [found[name][0], wire + ("[]" if match[1] else "")]))
                found[match[2]] = (path, name, method(wire), how)
                queue.append(match[2])
    return found


def probes():
    """A probe for every row, for the test that walks the list."""
    objects = {}
    for name, wire, types in rows("fields.tsv"):
        objects.setdefault(name, []).append((wire, types))
    found = homes(objects)
    out = ["//! One probe per known field. Written by `src/model/facts/generate.py` from `fields.tsv`.",
           "// A test that unwraps fails where it should.", "#![allow(clippy::unwrap_used)]\n",
           "use super::model::{items, list_or, map, seen, string_list};",
           "use serde_json::Value as Json;", "use slack_audit_logs::model::*;\n",
           "pub(crate) type Probe = fn(&Entry) -> Json;\n",
           "/// The path of the first place where an object is found in an entry.",
           "pub(crate) fn home(object: &str) -> Option<&'static str> {", "    Some(match object {"]
    out += [f'        "{name}" => "{found[name][0]}",' for name in objects if name in found]
    out += ["        _ => return None,", "    })", "}\n"]
    for name in objects:
        if name not in found or name == "Entry":
            continue
        _, parent, step, how = found[name]
        start = "entry" if parent == "Entry" else f"{snake(parent)}(entry)?"
        body = {"one": f"{start}.{step}()", "list": f"{start}.{step}()?.iter().next()",
                "or": f"match {start}.{step}()? {{ ListOr::List(list) => list.iter().next(), _ => None }}"}[how]
        out.append(f"fn {snake(name)}(entry: &Entry) -> Option<{name}<'_>> {{\n    {body}\n}}\n")
    out += ["/// The unknown fields of an object at its home.",
            "pub(crate) fn unknown(object: &str, entry: &Entry) -> Json {", "    map(match object {"]
    for name in objects:
        if name in found:
            start = "entry" if name == "Entry" else f"{snake(name)}(entry).unwrap()"
            out.append(f'        "{name}" => {start}.unknown_fields(),')
    out += ['        other => panic!("{other}"),', "    })", "}\n",
            "#[rustfmt::skip]", "pub(crate) const PROBES: &[(&str, &str, Probe)] = &["]
    for name, list_ in objects.items():
        for wire, types in list_ if name in found else []:
            wrap = {"texts": "items", "values": "items", "texts_or_text": "string_list"}.get(kind(types, objects).split()[0], "seen")
            if kind(types, objects).startswith("objects "):
                wrap = "items"
            if kind(types, objects).startswith("objects_or_any"):
                wrap = "list_or"
            call = f"e.{method(wire)}()" if name == "Entry" else f"{snake(name)}(e).and_then({name}::{method(wire)})"
            out.append(f'    ("{name}", "{wire}", |e| {wrap}({call})),')
    out += ["];", ""]
    write("../../tests/it/support/model_probes.rs", "\n".join(out))


def constant(action):
    # `team.unsupportedVersions…` and `team_unsupported_versions_…` are two actions, so no `_` is put in.
    return re.sub(r"[^A-Za-z0-9]", "_", action).upper()


def actions():
    categories = {}
    for category, action in rows("actions.tsv"):
        names = categories.setdefault(category, {})
        if names.get(constant(action), action) != action:
            raise SystemExit(f"two actions for {category}::{constant(action)}")
        names[constant(action)] = action
    files = {"organization": [], "a_to_h": [], "l_to_z": []}
    for category in sorted(categories):
        home = "organization" if category == "workspace_or_org" else "a_to_h" if category < "i" else "l_to_z"
        files[home].append(category)
    for file, names in files.items():
        out = [f"//! Action names by category. Written by `facts/generate.py` from `facts/actions.tsv`.\n",
               "super::constants! {"]
        for category in names:
            out.append(f"    {category} {{")
            out += [f'        {key} "{action}";' for key, action in categories[category].items()]
            out.append("    }")
        out += ["}", ""]
        write(f"action/{file}.rs", "\n".join(out))


if __name__ == "__main__":
    fields()
    actions()
    probes()
