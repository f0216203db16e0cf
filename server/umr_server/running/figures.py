"""What is counted, in the form that Prometheus reads (text exposition format 0.0.4).

No label has a value that a stranger chooses: routes are rules, methods and statuses those of HTTP.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from umr_ld.alerts.book import Alerts
from umr_ld.errors import UmrError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

    from umr_server.running.keeper import Keeper
    from umr_server.site import Site

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""What this server has an answer to, be it a refusal."""

MIME = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MOST_MESSAGES = 10_000


class Figures:
    """Counts requests, and looks at the rest when it is asked.

    Args:
        site: what is served.
    """

    def __init__(self, site: Site) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "umr_requests_total",
            "Requests, by rule, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "umr_request_seconds",
            "From a request's arrival until its answer was handed over.",
            ("route",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}
        self._guard = threading.Lock()
        ProcessCollector(registry=self._registry)
        self._registry.register(_Looked(site))

    def answered(self, method: str, route: str, status: str, took: float) -> None:
        """Count a request.

        Args:
            method: of HTTP; any that is not known counts as `other`.
            route: rule that answered; empty for none.
            status: of HTTP.
            took: seconds.
        """
        key = route or "none", method if method in METHODS else "other", status
        found = self._children.get(key)
        if found is None:
            with self._guard:
                found = self._requests.labels(*key), self._seconds.labels(key[0])
                self._children[key] = found
        counter, seconds = found
        counter.inc()
        seconds.observe(took)

    def text(self) -> bytes:
        """All figures, as text."""
        return generate_latest(self._registry)


class _Looked(Collector):
    """Figures that are there already, and are looked at when somebody asks."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def describe(self) -> list[Metric]:
        """Nothing is looked at before somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        yield from self._journal()
        yield from self._kept(self._site.running.keeper)
        if self._site.has_queries:
            yield from self._queries()
        yield from self._alerts()

    def _journal(self) -> Iterator[Metric]:
        with suppress(UmrError):
            head, reached = self._site.registry.head().seq, self._site.registry.position().seq
            yield GaugeMetricFamily("umr_journal_entries", "Number of the last journal entry.", head)
            yield GaugeMetricFamily(
                "umr_projection_lag_entries", "Entries that the index has not followed yet.", head - reached
            )

    def _kept(self, keeper: Keeper) -> Iterator[Metric]:
        counts = keeper.counts()
        requests = CounterMetricFamily(
            "umr_page_cache_requests",
            "Requests by what became of them at the kept answers.",
            labels=["outcome"],
        )
        for outcome in ("kept", "revalidated", "made"):
            requests.add_metric([outcome], counts.get(outcome, 0))
        yield requests
        size = counts["bytes"] + self._site.running.echoes.size
        yield GaugeMetricFamily("umr_page_cache_bytes", "Bytes of kept answers.", size)
        yield GaugeMetricFamily("umr_page_cache_entries", "Kept answers.", counts["entries"])

    def _queries(self) -> Iterator[Metric]:
        counts = self._site.queries.counts()
        yield GaugeMetricFamily(
            "umr_queries_running", "Queries that are answered now.", counts.pop("running")
        )
        queries = CounterMetricFamily("umr_queries", "SPARQL queries, by outcome.", labels=["outcome"])
        for outcome, count in sorted(counts.items()):
            queries.add_metric([outcome], count)
        yield queries

    def _alerts(self) -> Iterator[Metric]:
        folder = self._site.registry.folder
        if folder is None or not (folder / "alerts.db").is_file():
            return
        with suppress(UmrError), Alerts(folder / "alerts.db", read_only=True) as alerts:
            messages = GaugeMetricFamily(
                "umr_alert_messages",
                f"Messages in the outbox; {_MOST_MESSAGES} stands for more.",
                labels=["state"],
            )
            for state in ("pending", "dead"):
                messages.add_metric([state], len(alerts.outbox(state, _MOST_MESSAGES)))
            yield messages
