"""Queries of strangers: refused in words before the engine sees them, and never its end."""

from __future__ import annotations

import pytest

from umr_ld.errors import Malformed
from umr_ld.sparql import MAX_STEPS, guarded, is_lasting
from umr_ld.store.embedded import EmbeddedStore

MANY = 5 * MAX_STEPS

CHAINS = {
    "negations": "ASK { FILTER(" + "!" * MANY + "true) }",
    "sums": "ASK { FILTER(1" + " + 1" * MANY + " = 1) }",
    "differences": "ASK { FILTER(?x" + "-1" * MANY + " = 1) }",
    "products": "ASK { FILTER(1" + " * 1" * MANY + " = 1) }",
    "disjunctions": "ASK { FILTER(true" + " || true" * MANY + ") }",
    "conjunctions": "ASK { FILTER(true" + " && true" * MANY + ") }",
    "sequences": "ASK { ?s <p:p>" + "/<p:p>" * MANY + " ?o }",
    "alternatives": "ASK { ?s <p:p>" + "|<p:p>" * MANY + " ?o }",
    "unions": "ASK { {}" + " UNION {}" * MANY + " }",
    "lower-case unions": "ASK { {}" + " union {}" * MANY + " }",
    "optionals": "ASK { ?s ?p ?o " + "OPTIONAL {?s ?p ?o} " * MANY + "}",
    "differences of sets": "ASK { ?s ?p ?o " + "MINUS {?s ?p ?o} " * MANY + "}",
    "filters": "ASK { " + "FILTER(true) " * MANY + "}",
    "bindings": "ASK { " + " ".join(f"BIND(1 AS ?x{n})" for n in range(MANY)) + " }",
    "selected": "SELECT " + " ".join(f"(1 AS ?x{n})" for n in range(MANY)) + " {}",
    "described": "DESCRIBE " + "<a:b> " * MANY,
    "conditions on groups": "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING " + "(true) " * MANY,
    "groups": "ASK { " + "{ ?s ?p ?o } " * MANY + "}",
    "patterns": "ASK { " + "?s ?p ?o . " * MANY + "}",
    "nested groups": "ASK " + "{" * 100 + "}" * 100,
}

HARMLESS = {
    "many values": "ASK { VALUES ?x { " + "-1 <a:b-c> 'a+b' " * MANY + "} }",
    "a long list": "ASK { FILTER(1 IN (1" + ", 1" * MANY + ")) }",
    "operators in a literal": "ASK { FILTER('" + "!+" * MANY + "' = '') }",
    "operators in a comment": "ASK { } # " + "!+" * MANY,
    "long addresses": "ASK { <http://example.org/" + "a-b/c+" * MANY + "> ?p ?o }",
}


@pytest.mark.parametrize("query", CHAINS.values(), ids=CHAINS)
def test_what_would_exhaust_the_engine_is_refused_in_words(query):
    with pytest.raises(Malformed, match=r"operators and clauses|nests deeper"):
        guarded(query)


@pytest.mark.parametrize("query", HARMLESS.values(), ids=HARMLESS)
def test_long_data_is_no_long_query(query):
    EmbeddedStore().query(query)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * WHERE { ?s ?p }", r"line 1, column 25.*⟨here⟩"),
        ("ASK {\n  ?s ?p ?o ;;; ?x }", r"line 2, "),
        ("SELECT ?a { ?s ?p ?o } GROUP BY ?s", "The SELECT contains a variable that is unbound"),
        ("", "line 1"),
        ("INSERT DATA {}", "line 1"),
    ],
)
def test_a_wrong_query_gets_its_place_in_one_short_line(query, said):
    with pytest.raises(Malformed, match=said) as caught:
        EmbeddedStore().query(query)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "ASK { \\u0053ERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "ASK { SERVICE# comment\n<http://127.0.0.1/> { ?s ?p ?o } }",
        "LOAD <http://127.0.0.1/>",
    ],
)
def test_nothing_is_asked_of_another_machine(query):
    with pytest.raises(Malformed, match="another machine"):
        guarded(query)


DISGUISED = {
    "after a variable and a full stop": "SELECT * { ?s ?p ?o.SERVICE <{there}> { ?a ?b ?c } }",
    "after a blank node and a full stop": "SELECT * { ?s ?p [].SERVICE <{there}> { ?a ?b ?c } }",
    "before a name without a prefix": "PREFIX : <{there}> SELECT * { ?s ?p ?o SERVICE:{ ?a ?b ?c } }",
    "grown together with a name": "PREFIX x: <{there}> SELECT * { ?s ?p ?o . SERVICEx: { ?a ?b ?c } }",
    "grown together with a number": "SELECT * { { ?s ?p 1SERVICE <{there}> { ?a ?b ?c } } UNION { ?s ?p ?o } }",
    "behind a quote in a name": "SELECT * { { ?s ex:a\\' ?o } UNION { SERVICE <{there}> { ?a ?b ?c } } } #'",
    "behind a hash in a name": "SELECT * { { ?s ex:a\\# ?o } UNION { SERVICE <{there}> { ?a ?b ?c } } }",
    "behind a quote by its code point": "SELECT ('\\u0027' AS ?x) { SERVICE <{there}> { ?a ?b ?c } } #'",
    "behind a backslash by its code point": "SELECT ('\\u005c' AS ?x) { SERVICE <{there}> { ?a ?b ?c } } #'",
    "behind what might be an IRI": "SELECT * { ?s ?p ?o FILTER(?o<'a>b') SERVICE <{there}> { ?a ?b ?c } } #'",
    "behind an IRI with a space of its own": "SELECT * { { ?s <a:\u00a0'> ?o } UNION { SERVICE <{there}> { ?a ?b ?c } } } #'",
    "behind a name that is no IRI": "PREFIX y: <a://b:8> SELECT * { ?s ?p y:SERVICE <{there}> { ?a ?b ?c } }",
}


@pytest.mark.parametrize("query", DISGUISED.values(), ids=DISGUISED)
def test_however_it_is_spelt_nothing_is_asked_of_another_machine(query):
    text = "PREFIX ex: <http://example.org/> " + query.replace("{there}", "http://127.0.0.1:1/")
    with pytest.raises(Malformed):
        EmbeddedStore().query(text)


CALLED_SO = {
    "a literal": "ASK { FILTER('a service' = 'a service') }",
    "variables": "SELECT ?service { VALUES ?service { 1 } FILTER($service = 1) }",
    "names": "PREFIX service: <http://example.org/> ASK { FILTER(service:service-1 != service:x.service) }",
    "an IRI": "ASK { FILTER(<http://example.org/service> != <http://example.org/from>) }",
    "a comment and a language": "ASK { FILTER(lang('a'@x-service) = 'x-service') } # SERVICE <http://example.org/>",
}


@pytest.mark.parametrize("query", CALLED_SO.values(), ids=CALLED_SO)
def test_what_is_only_called_a_service_may_be_asked_for(query):
    found = EmbeddedStore().query(query)
    assert bool(found) if query.rpartition("ASK")[1] else len(list(found)) == 1


LASTING = {
    "nothing of the kind": ("SELECT ?s { ?s ?p ?o }", True),
    "the time": ("SELECT (NOW() AS ?x) {}", False),
    "the time, in small letters and after a comment": ("SELECT (now # ()\n () AS ?x) {}", False),
    "chance": ("SELECT ?s { ?s ?p ?o } ORDER BY RAND()", False),
    "chance, subtracted": ("SELECT (1-RAND() AS ?x) {}", False),
    "a new name": ("SELECT (UUID() AS ?x) {}", False),
    "a new name as text": ("SELECT (STRUUID() AS ?x) {}", False),
    "a word that is written in escapes": ("SELECT (\\u004EOW() AS ?x) {}", False),
    "words in a literal": ("ASK { ?s ?p 'now() and rand()' }", True),
    "words in an address": ("ASK { ?s <https://example.org/now> ?o }", True),
    "words in a comment": ("ASK { ?s ?p ?o } # NOW()", True),
    "a variable": ("SELECT ?now { ?now ?rand $uuid }", True),
    "words within words": ("SELECT ?s { ?s ?knowledge ?brand }", True),
}


@pytest.mark.parametrize(("query", "expected"), LASTING.values(), ids=LASTING)
def test_a_query_that_asks_for_the_time_or_for_chance_is_known(query, expected):
    assert is_lasting(query) is expected
