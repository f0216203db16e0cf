"""The table of verbs: a row for each, and nothing that has to be loaded to read it."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """Where a verb is written, and what the overview says of it."""

    section: str
    module: str
    summary: str


VERBS = {
    "init": Verb("Start", "keeping", "Start a registry in a folder."),
    "demo": Verb("Start", "serving", "Serve a registry filled with the shipped records."),
    "new": Verb("Write", "drafts", "Write a commented draft of a record."),
    "validate": Verb("Write", "drafts", "Check drafts as publishing would."),
    "bump": Verb("Write", "drafts", "Say what a draft changes, and the least version that would do."),
    "publish": Verb("Write", "drafts", "Publish records: all of them, or none."),
    "import": Verb(
        "Write",
        "importing",
        "Take over what hubs list, or what others wrote in a format that `umr formats` lists as read.",
    ),
    "export": Verb("Write", "exchanging", "Write records for another registry, or for anybody."),
    "peer": Verb("Write", "exchanging", "Registries whose records were taken over: list, sync."),
    "push": Verb("Write", "pushing", "Write lineage, licence and a badge into a card at the hub."),
    "convert": Verb("Write", "converting", "Write in one format what stands in another."),
    "formats": Verb("Write", "converting", "List the formats of others, and what each loses."),
    "withdraw": Verb("Write", "keeping", "Withdraw a record; it stays readable, marked with the reason."),
    "vanish": Verb("Write", "keeping", "Note that an artifact is gone from where it was published."),
    "show": Verb("Read", "showing", "Show a record, and where each inherited value comes from."),
    "list": Verb("Read", "reading", "List artifacts by their newest records."),
    "search": Verb("Read", "reading", "Find records by words."),
    "digest": Verb("Read", "hashing", "Say what stands for the bytes of files: their SHA-256."),
    "history": Verb("Read", "reading", "Tell what happened to an artifact, newest first."),
    "diff": Verb("Read", "reading", "Say what changed between two records."),
    "lineage": Verb("Read", "tracing", "Draw what a record was made from, or what was made from it."),
    "render": Verb("Read", "rendering", "Write a record in a form that people read."),
    "query": Verb("Read", "querying", "Ask in SPARQL."),
    "alias": Verb("Read", "naming", "Propose and decide which names are names of one artifact."),
    "impact": Verb(
        "Risk", "tracing", "Find everything downstream, or who is affected by an advisory, with the paths."
    ),
    "audit": Verb(
        "Risk", "auditing", "Hold a record against what regulators and researchers ask, and export it."
    ),
    "check": Verb(
        "Risk",
        "checking",
        "Say whether what is used, or is about to be published, is affected by an advisory.",
    ),
    "verify": Verb(
        "Risk", "hashing", "Say whether files are those that a record names, or that somebody signed."
    ),
    "licences": Verb(
        "Risk", "licensing", "Hold the licences that records state against those of their upstreams."
    ),
    "advisory": Verb("Risk", "advising", "Write, publish, list and withdraw advisories."),
    "statement": Verb("Risk", "advising", "Write, publish and withdraw statements about advisories."),
    "alerts": Verb("Risk", "alerting", "Tell people and machines what changes for them, and what to do."),
    "inbox": Verb(
        "Risk", "receiving", "Look at what others told this registry, and decide what becomes of it."
    ),
    "serve": Verb("Keep", "serving", "Serve the pages and the API."),
    "site": Verb("Keep", "building", "Write the registry as a site of files, for any host of files."),
    "mcp": Verb(
        "Keep", "agents", "Offer the registry as tools for assistants, by the Model Context Protocol."
    ),
    "token": Verb("Keep", "tokens", "Say who may write through the server."),
    "doctor": Verb("Keep", "keeping", "Look whether everything is as it was written."),
    "rebuild": Verb("Keep", "keeping", "Make everything that is derived again from the journal."),
    "backup": Verb("Keep", "keeping", "Copy the registry, while publishing goes on."),
    "restore": Verb("Keep", "keeping", "Make a registry from a backup."),
}
