"""Bearer tokens: those of /oauth/token, and those of a live OpenID provider."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lrs.access import REMEMBERED, Gate
from lrs.credentials import Credentials
from lrs.openid import READ_AGAIN
from lrs.tenants import change_store
from lrs.tokens import LIFETIME
from tests.conftest import Client, new_credential, plant, serving, wait_until
from tests.openid import Provider, providing
from waymark.settings import Settings

STATEMENT = {"actor": {"mbox": "mailto:li@example.com"}, "verb": {"id": "http://example.com/v"},
             "object": {"id": "http://example.com/a"}}
EFFECTIVE = REMEMBERED + 3  # seconds, with some for a busy machine


def ask(client: Client, **form: str) -> requests.Response:
    return requests.post(f"{client.url}/oauth/token", auth=(client.key, client.secret), timeout=30,
                         data={"grant_type": "client_credentials", **form})


def token_of(client: Client, **form: str) -> str:
    answer = ask(client, **form)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    plant(token)
    return str(token)


def bear(client: Client, token: str, path: str = "/xapi/statements", method: str = "GET") -> requests.Response:
    return replace(client, key="", secret="").request(method, path, auth=None,
                                                      headers={"Authorization": f"Bearer {token}"})


# Ours


def test_a_token_is_good_for_what_its_credential_is_good_for(client: Client) -> None:
    answer = ask(client)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    found = answer.json()
    assert (found["token_type"], found["expires_in"]) == ("Bearer", LIFETIME)
    assert "statements/write" in found["scope"].split()
    assert "admin" not in found["scope"].split()
    assert bear(client, found["access_token"]).status_code == 200


@pytest.mark.parametrize(("form", "error"), [
    ({"grant_type": "password"}, "unsupported_grant_type"), ({"grant_type": ""}, "unsupported_grant_type"),
    ({"scope": "admin"}, "invalid_scope"), ({"scope": "gaps/read nothing"}, "invalid_scope"),
    ({"client_id": "x"}, "invalid_request")])
def test_a_bad_request_for_a_token_is_answered_as_oauth_says(client: Client, form: dict[str, str], error: str) -> None:
    answer = ask(client, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize("sent", [{}, {"data": "grant_type=client_credentials&grant_type=client_credentials"},
                                  {"json": {"grant_type": "client_credentials"}}])
def test_a_token_is_asked_for_by_a_form_that_names_the_grant_once(client: Client, sent: dict[str, Any]) -> None:
    kind = {} if "json" in sent else {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{client.url}/oauth/token", auth=(client.key, client.secret), headers=kind, timeout=30,
                           **sent)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_wrong_secret_gets_no_token_and_is_told_how_to_authenticate(client: Client) -> None:
    answer = ask(replace(client, secret="wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_token_gets_no_further_token(client: Client) -> None:
    token = token_of(client)
    answer = requests.post(f"{client.url}/oauth/token", data={"grant_type": "client_credentials"}, timeout=30,
                           headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_token_is_no_secret_of_anybody(client: Client) -> None:
    """Not even in the seconds for which it is remembered."""
    token = token_of(client)
    for _ in range(8):
        assert bear(client, token).status_code == 200
        for key in ("", client.key):
            assert replace(client, key=key, secret=token).get("/xapi/statements").status_code == 401
            assert ask(replace(client, key=key, secret=token)).status_code == 401


def test_statements_by_token_are_stored_under_the_credentials_authority(client: Client) -> None:
    token = token_of(client, scope="statements/write")
    answer = client.request("POST", "/xapi/statements", auth=None, json=STATEMENT,
                            headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    (found,) = client.statements()
    assert found["authority"]["account"]["name"] == client.key


def test_a_token_of_another_installation_or_of_another_kind_is_a_401(client: Client) -> None:
    mine = jwt.decode(token_of(client), options={"verify_signature": False})
    for _ in range(2):
        assert client.post("/xapi/statements", STATEMENT).status_code == 200
    cursor = client.get("/xapi/statements", limit=1).json()["more"].partition("more=")[2]
    assert cursor
    head, body, signature = token_of(client).split(".")
    altered = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    forged = [jwt.encode(mine, "x" * 32, "HS256"), jwt.encode(mine, "", "none"), "a.b.c", altered, cursor]
    for token in forged:
        answer = bear(client, token)
        assert answer.status_code == 401, token
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_ends_with_its_credential_its_secret_and_its_scopes(client: Client, gate: Gate) -> None:
    credentials = Credentials(gate, client.store)
    by_first = token_of(client)
    first = credentials.get(client.key).secrets[0].id
    _, secret = credentials.add_secret(client.key)
    by_second = token_of(replace(client, secret=secret))
    assert bear(client, by_first).status_code == bear(client, by_second).status_code == 200
    credentials.drop_secret(client.key, first)
    wait_until(lambda: bear(client, by_first).status_code == 401, EFFECTIVE, "the first secret's token is over")
    assert bear(client, by_second).status_code == 200
    credentials.change(client.key, {"scopes": ["state"]})
    wait_until(lambda: bear(client, by_second).status_code == 403, EFFECTIVE, "the token does less")
    credentials.revoke(client.key)
    wait_until(lambda: bear(client, by_second).status_code == 401, EFFECTIVE, "the credential is over")


# A provider's


@pytest.fixture
def li(client: Client, provider: Provider) -> "Login":
    """The one person whom a store knows by login, with the provider's tokens."""
    return with_provider(client, provider)


def with_provider(client: Client, provider: Provider) -> "Login":
    change_store(client.store, {"openid": {"issuer": provider.url, "audience": client.store.name, "leeway": 0,
                                           "algorithms": ["RS256", "ES256"], "claim": "preferred_username"}})
    body = {"name": "Li", "unit": "East", "identifiers": [], "login": "li"}
    assert client.put("/api/v1/people/li", body).status_code == 200
    return Login(client, provider)


@dataclass(frozen=True)
class Login:
    """Somebody with the provider's tokens for one store."""

    client: Client
    provider: Provider

    def token(self, login: str | None = "li", **options: Any) -> str:
        token = self.provider.token(self.client.store.name, "somebody", **{"preferred_username": login, **options})
        plant(token)
        return token

    def gaps(self, token: str) -> requests.Response:
        return bear(self.client, token, "/api/v1/people/li/gaps")


def test_a_provider_vouches_for_a_person(li: Login) -> None:
    answer = li.gaps(li.token())
    assert (answer.status_code, answer.json()["person"]) == (200, "li")


def test_a_person_has_no_access_to_the_record_store(li: Login) -> None:
    assert bear(li.client, li.token()).status_code == 403


@pytest.mark.parametrize("claims", [
    {"aud": "another"}, {"iss": "https://elsewhere.example"}, {"exp": 1_000_000_000}, {"exp": None},
    {"iat": None}, {"nbf": 4_000_000_000}, {"preferred_username": None}, {"preferred_username": 7},
    {"preferred_username": ""}, {"aud": None}, {"iss": None}], ids=str)
def test_a_claim_that_is_missing_wrong_or_over_is_a_401(li: Login,
                                                       claims: dict[str, Any]) -> None:
    answer = li.gaps(li.token(**claims))
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_login_that_is_nobodys_is_a_403_that_says_so(li: Login) -> None:
    answer = li.gaps(li.token("wu"))
    assert (answer.status_code, answer.json()["detail"]) == (403, "the token holds, but nobody here has its login")


def test_an_algorithm_that_is_not_allowed_is_a_401_though_the_key_is_right(li: Login) -> None:
    assert li.gaps(li.token()).status_code == 200
    change_store(li.client.store, {"openid": {"issuer": li.provider.url, "audience": li.client.store.name,
                                              "algorithms": ["ES256"], "claim": "preferred_username"}})
    assert li.gaps(li.token(jti="again")).status_code == 401


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_a_key_that_names_no_algorithm_serves_for_those_that_are_allowed(alone: Login, algorithm: str) -> None:
    alone.provider.names_algorithms = False
    change_store(alone.client.store, {"openid": {"issuer": alone.provider.url, "audience": alone.client.store.name,
                                                 "algorithms": [algorithm], "claim": "preferred_username"}})
    assert alone.gaps(alone.token(algorithm=algorithm)).status_code == 200
    assert alone.gaps(alone.token(algorithm="RS384")).status_code == 401
    assert alone.gaps(alone.token(algorithm=algorithm, kid=None)).status_code == 200, "it is the only one"


@pytest.mark.parametrize("head", [{}, {"alg": None}, {"alg": ["RS256"]}, {"alg": {}}, {"alg": 7}], ids=str)
def test_a_token_that_names_no_algorithm_is_a_401(li: Login, head: dict[str, Any]) -> None:
    _, body, signature = li.token().split(".")
    named = urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
    assert li.gaps(f"{named}.{body}.{signature}").status_code == 401


def test_a_providers_public_key_is_no_secret_of_ours(li: Login) -> None:
    """The classic confusion: an HMAC with the public key, which everybody has."""
    claims = jwt.decode(li.token(), options={"verify_signature": False})
    ((kid, key),) = li.provider.keys.items()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body = ({"alg": "HS256", "kid": kid}, claims)
    signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, body))
    mac = urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
    assert li.gaps(f"{signed.decode()}.{mac.decode()}").status_code == 401


def test_another_stores_provider_opens_nothing_here(li: Login, other: Client) -> None:
    change_store(other.store, {"openid": {"issuer": li.provider.url, "audience": "other"}})
    token = li.provider.token("other", "li", preferred_username="li")
    assert li.gaps(token).status_code == 403, "the login is nobody's in the other store"


@pytest.fixture
def alone(client: Client, settings: Settings) -> Iterator[Login]:
    """Li with a provider that rotates, and a server of one process, whose keys are those of every answer."""
    with providing() as provider, serving(settings.with_options(fetch_origins=provider.url), 1) as (url, _):
        yield with_provider(replace(client, url=url), provider)


def test_keys_rotate_under_it_and_old_ones_end(alone: Login) -> None:
    old = alone.token()
    wait_until(lambda: alone.gaps(old).status_code == 200, READ_AGAIN + 5, "the key is read")
    alone.provider.rotate(elliptic=True)
    new = alone.token()
    assert alone.gaps(new).status_code in (200, 401), "it may have read the keys just now"
    wait_until(lambda: alone.gaps(new).status_code == 200, READ_AGAIN + 5, "the new key is read")
    wait_until(lambda: alone.gaps(old).status_code == 401, EFFECTIVE, "the old key is over, and with it its tokens")
    reads = alone.provider.reads
    for number in range(20):
        assert alone.gaps(alone.token(jti=str(number))).status_code == 200
    assert alone.provider.reads == reads, "the keys are remembered"
    alone.provider.down = True
    assert alone.gaps(alone.token(jti="down")).status_code == 200


def test_a_flood_of_tokens_by_unknown_keys_is_no_flood_for_the_provider(alone: Login) -> None:
    reads, began = alone.provider.reads, time.monotonic()
    for number in range(30):
        assert alone.gaps(alone.token(kid=f"unknown-{number}")).status_code == 401
    assert alone.provider.reads - reads <= 1 + (time.monotonic() - began) / READ_AGAIN


def test_who_reads_a_slow_providers_keys_holds_up_nobody_else(alone: Login) -> None:
    known = alone.token()
    assert alone.gaps(known).status_code == 200
    time.sleep(READ_AGAIN)
    alone.provider.slow = 4
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(alone.gaps, alone.token(kid="unknown"))
        time.sleep(0.5)
        began = time.monotonic()
        assert [alone.gaps(alone.token(jti=str(number))).status_code for number in range(5)] == [200] * 5
        assert alone.gaps(alone.token(kid="another")).status_code == 401
        assert time.monotonic() - began < 3
        assert not waiting.done()
        assert waiting.result().status_code == 401


def test_two_stores_of_one_issuer_at_two_addresses_read_its_keys_no_oftener(alone: Login, other: Client) -> None:
    began = time.monotonic()
    change_store(other.store, {"openid": {"issuer": alone.provider.url, "audience": other.store.name,
                                          "jwks_url": f"{alone.provider.url}/keys"}})
    for number in range(20):
        for audience in (other.store.name, alone.client.store.name):
            assert alone.gaps(alone.token(aud=audience, kid=f"unknown-{number}")).status_code == 401
    assert alone.provider.reads <= 2 + 2 * (time.monotonic() - began) / READ_AGAIN
    both = [other.store.name, alone.client.store.name]
    answer = alone.gaps(alone.token(aud=both))
    assert (answer.status_code, "more than one store" in answer.json()["detail"]) == (401, True)


def test_an_issuer_that_the_operator_did_not_allow_is_never_fetched_from(li: Login) -> None:
    elsewhere = "http://127.0.0.1:9"
    change_store(li.client.store, {"openid": {"issuer": elsewhere, "audience": "waymark"}})
    answer = li.gaps(li.provider.token("waymark", "li", iss=elsewhere))
    assert (answer.status_code, answer.json()["detail"]) == (
        401, "the provider's keys can't be read; the server's log says why")


def test_a_loopback_credentials_token_works_only_from_here(client: Client, gate: Gate) -> None:
    key, secret = new_credential(gate, client.store, loopback_only=True)
    near = replace(client, key=key, secret=secret)
    token = token_of(near)
    assert bear(near, token).status_code == 200
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "203.0.113.9"}
    assert near.request("GET", "/xapi/statements", auth=None, headers=headers).status_code == 401
