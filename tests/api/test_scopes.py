"""Every route × method × scope, over HTTP, against docs/scopes.md."""

import re
from collections import Counter
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

import requests
from flask import Flask

from lrs.access import Gate
from lrs.scopes import BY_NAME, SCOPES, granted
from lrs.tenants import change_store
from tests.conftest import ROOT, Client, new_credential
from tests.openid import Provider
from waymark.app import blueprints

PAGE = (ROOT / "docs" / "scopes.md").read_text(encoding="utf-8")
METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS")
EVERYBODY, PERSON = "everybody", "person"
NOBODY = "no credential"


class Route(NamedTuple):
    method: str
    path: str


def table() -> dict[Route, set[str]]:
    """What the page says opens each route."""
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    return {Route(method, path): opened(openers) for method, path, openers in rows}


def opened(openers: str) -> set[str]:
    if openers == EVERYBODY:
        return {*SCOPES, PERSON, NOBODY}
    if openers == "every credential":
        return set(SCOPES)
    named = set(re.findall(r"`([^`]+)`", openers)) | ({PERSON} if openers.endswith(PERSON) else set())
    return named | ({"all"} if named - BY_NAME.keys() - {PERSON} else set())


TABLE = table()


def test_the_page_lists_every_route_once_and_no_other() -> None:
    app = Flask("x", static_folder=None)
    for blueprint in blueprints():
        app.register_blueprint(blueprint)
    routes = {Route(method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)) for rule in app.url_map.iter_rules()
              for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    assert set(TABLE) == routes
    assert PAGE.count("\n| ") - 2 == len(TABLE) + len(SCOPES), "no route stands twice"


def test_the_page_describes_every_scope() -> None:
    described = re.findall(r"^\| `([^`]+)` \| ", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(SCOPES)


def test_what_a_scope_takes_in_is_opened_by_it_too() -> None:
    for route, openers in TABLE.items():
        for scope in SCOPES:
            assert scope in openers or not granted([scope]) & openers - {PERSON}, (route, scope)


def expected(path: str, method: str, opener: str) -> str:
    """admitted, 401, 403 or 405, by the page."""
    route = Route("GET" if method == "HEAD" else method, path)
    if method == "OPTIONS":
        return "admitted"
    if route not in TABLE:
        return "405"
    if opener in TABLE[route]:
        return "admitted"
    return "401" if opener == NOBODY or route.path == "/oauth/token" else "403"


def outcome(answer: requests.Response) -> str:
    refused = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
    assert answer.status_code < 500, answer.text
    return str(answer.status_code) if answer.status_code in refused else "admitted"


def address(path: str, store: str) -> str:
    """Ids that nobody has, so that what is admitted changes nothing."""
    return re.sub(r"{(\w+)}", lambda found: store if found[1] == "store" else "nobody", path)


def test_each_route_is_opened_by_the_scopes_that_the_page_says_and_by_no_other(
        client: Client, gate: Gate, provider: Provider) -> None:
    change_store(client.store, {"openid": {"issuer": provider.url, "audience": client.store.name}})
    person = {"name": "Li", "unit": "East", "identifiers": [], "login": "li@idp"}
    assert client.put("/api/v1/people/somebody", person).status_code == 200
    session = requests.Session()
    basic = {scope: new_credential(gate, client.store, scopes=[scope]) for scope in SCOPES}
    bearer = {"Authorization": f"Bearer {provider.token(client.store.name, 'li@idp')}"}
    wrong, counted = [], Counter[str]()
    for path in sorted({route.path for route in TABLE}):
        for method in METHODS:
            for opener in (*SCOPES, PERSON, NOBODY):
                answer = session.request(
                    method, client.url + address(path, client.store.name), auth=basic.get(opener), timeout=30,
                    headers={"X-Experience-API-Version": "2.0.0", **(bearer if opener == PERSON else {})},
                    allow_redirects=False)
                found, wanted = outcome(answer), expected(path, method, opener)
                counted[found] += 1
                if found != wanted:
                    wrong.append(f"{method} {path} with {opener}: {found}, not {wanted}")
    print(f"\n{sum(counted.values()):,} requests: {dict(counted)}")
    assert wrong == []


def test_a_token_with_one_scope_opens_what_that_scope_opens_and_no_more(client: Client) -> None:
    answer = requests.post(f"{client.url}/oauth/token", auth=(client.key, client.secret), timeout=30,
                           data={"grant_type": "client_credentials", "scope": "gaps/read"})
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    bearing = replace(client, key="", secret="")
    assert bearing.request("GET", "/api/v1/gaps", auth=None, headers=token).status_code == 200
    assert bearing.request("GET", "/xapi/statements", auth=None, headers=token).status_code == 403
    assert bearing.request("POST", "/api/v1/people", auth=None, headers=token, json={}).status_code == 403
