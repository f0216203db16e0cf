"""What a deployment decides: one value, read from a file and from the environment."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """How a registry is served.

    Args:
        host: address to listen on.
        port: to listen on; 0 for a free one.
        public: address at which people reach it, ending with `/`; empty for that of each request.
        proxy: address of the proxy whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; empty for none.
        threads: how many requests are worked on at once.
        connections: how many are open at once; beyond it those that wait for their clients are closed.
        idle_seconds: after which a connection on which nothing happens is closed.
        request_seconds: in which a request has to arrive whole.
        stop_seconds: that requests which have begun are given to end when the server stops.
        body_bytes: the largest body that is read.
        page_cache_bytes: of answers that are kept until something is published; 0 to keep none.
        metrics: whether `/metrics` answers.
        log_format: `json`, `text`, `off` (errors only), or `auto`: `text` on a terminal, else `json`.
        query_workers: how many queries of strangers are answered at once, each by a process of its own.
        query_trial: seconds after which a query that is not answered has to make room for others.
        query_slow: how many queries may take longer than that at once.
        query_queue: how many threads may wait for a query's turn; fewer than `threads`, so that pages are
            answered meanwhile; ten times as many may wait without one.
        query_wait: seconds that a query waits for its turn.
        query_seconds: after which a query is stopped.
        query_rows: the most rows of an answer.
        query_bytes: the most bytes of an answer.
        query_memory: bytes of address space that a query may need beyond what the engine starts with.
        query_age: seconds that the state which queries see may lag behind what is published.
        render_seconds: after which making a PDF or a drawing is stopped.
        render_queue: how many of these may wait for their turn; fewer than `threads`.
        draft_seconds: after which looking at a large draft is stopped.
        reads_per_minute: requests that one address may make; 0 for any number.
        writes_per_minute: requests that change something, of one token; 0 for any number.
        inbox: whether others may tell this registry something, at `/inbox`.
        notices_per_minute: notifications that one address may send; 0 for any number.
        publisher: name of who publishes the registry, for its catalogue; empty if nobody says.
        contact: address by which they are reached: `mailto:` or of a page; or nothing.
        metadata_license: IRI of the licence of the registry's descriptions; or nothing.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    public: str = ""
    proxy: str = ""
    threads: int = 24
    connections: int = 1000
    idle_seconds: float = 60.0
    request_seconds: float = 30.0
    stop_seconds: float = 10.0
    body_bytes: int = 4 * MEBIBYTE
    page_cache_bytes: int = 64 * MEBIBYTE
    metrics: bool = True
    log_format: str = "auto"
    query_workers: int = 2
    query_trial: float = 0.1
    query_slow: int = 2
    query_queue: int = 12
    query_wait: float = 10.0
    query_seconds: float = 20.0
    query_rows: int = 100_000
    query_bytes: int = 64 * MEBIBYTE
    query_memory: int = 384 * MEBIBYTE
    query_age: float = 2.0
    render_seconds: float = 8.0
    render_queue: int = 6
    draft_seconds: float = 20.0
    reads_per_minute: int = 0
    writes_per_minute: int = 600
    inbox: bool = False
    notices_per_minute: int = 30
    publisher: str = ""
    contact: str = ""
    metadata_license: str = ""
