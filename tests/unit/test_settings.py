"""Settings: what WAYMARK_ variables give, and what they may not give."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from waymark.settings import BadSetting, Settings, read_settings

SECRET = "s" * 32


def refusal(**variables: str) -> str:
    """What is said of an environment that is refused; names stand without WAYMARK_."""
    with pytest.raises(BadSetting) as refused:
        read_settings({f"WAYMARK_{name}": text for name, text in variables.items()})
    return str(refused.value)


def test_without_variables_every_setting_has_its_default() -> None:
    assert read_settings({"PATH": "/bin", "waymark_bind": "x", "XWAYMARK_BIND": "x"}) == Settings()


def test_every_variable_is_read_into_its_setting() -> None:
    given = {"WAYMARK_DATA": "/srv/waymark", "WAYMARK_BIND": "0.0.0.0:9000", "WAYMARK_DATABASE": "way-mark_2",
             "WAYMARK_MONGODB_URI": "mongodb+srv://u:p@db.example.com/", "WAYMARK_DEFAULT_XAPI_VERSION": "2.0.0",
             "WAYMARK_WORKERS": "3", "WAYMARK_THREADS": "8", "WAYMARK_PUBLIC_URL": "https://lrs.example.com/way",
             "WAYMARK_MAX_BODY": "1048576", "WAYMARK_MAX_UPLOAD": "9000000", "WAYMARK_MAX_BATCH": "50",
             "WAYMARK_PAGE_LIMIT": "25", "WAYMARK_RATE": "9",
             "WAYMARK_FETCH_ORIGINS": "https://login.example.com", "WAYMARK_FETCH_NETWORKS": "10.1.0.0/16",
             "WAYMARK_ADMIN_KEY": "root", "WAYMARK_ADMIN_SECRET": SECRET}
    assert read_settings(given) == Settings(
        Path("/srv/waymark"), "0.0.0.0:9000", "mongodb+srv://u:p@db.example.com/", "way-mark_2", "2.0.0", 3, 8,
        "https://lrs.example.com/way", 1_048_576, 9_000_000, 50, 25, 9,
        "https://login.example.com", "10.1.0.0/16", "root", SECRET)
    assert given.keys() == Settings().as_environment().keys()


@pytest.mark.parametrize("settings", [
    Settings(), Settings(data=Path("/srv"), bind="[::1]:80", workers=256, public_url="http://a", database="x"),
    Settings(admin_key="k", admin_secret=SECRET, mongodb_uri="mongodb://h/?a=b")])
def test_a_child_process_reads_the_same_settings_from_its_environment(settings: Settings) -> None:
    assert read_settings(settings.as_environment()) == settings


@pytest.mark.parametrize(("name", "text"), [
    ("BIND", "127.0.0.1"), ("BIND", "8080"), ("BIND", "localhost:"), ("BIND", "localhost:http"), ("BIND", "a:1:2"),
    ("BIND", "localhost:65536"), ("BIND", "localhost:-1"), ("BIND", "http://a:80"), ("BIND", "a b:80"), ("BIND", ""),
    ("BIND", "::1:80"), ("BIND", "localhost:80\n"),
    ("MONGODB_URI", "localhost:27017"), ("MONGODB_URI", "http://a"), ("MONGODB_URI", " mongodb://a"),
    ("DATABASE", ""), ("DATABASE", "a.b"), ("DATABASE", "a b"), ("DATABASE", "$a"), ("DATABASE", "a" * 39),
    ("DEFAULT_XAPI_VERSION", "1.0"), ("DEFAULT_XAPI_VERSION", "2.0"), ("DEFAULT_XAPI_VERSION", ""),
    ("WORKERS", "0"), ("WORKERS", "257"), ("WORKERS", "-1"), ("WORKERS", "two"), ("WORKERS", ""), ("WORKERS", "1.5"),
    ("THREADS", "0"), ("THREADS", "257"), ("THREADS", " 4"), ("MAX_BODY", "1023"), ("MAX_BODY", "2147483649"),
    ("MAX_BODY", "1e6"), ("MAX_BODY", "16MB"), ("MAX_BATCH", "0"), ("MAX_BATCH", "100001"), ("PAGE_LIMIT", "0"),
    ("PAGE_LIMIT", "10001"), ("PAGE_LIMIT", "9" * 5000),
    ("PUBLIC_URL", "lrs.example.com"), ("PUBLIC_URL", "https://lrs.example.com/"), ("PUBLIC_URL", "ftp://a"),
    ("PUBLIC_URL", "https://"), ("PUBLIC_URL", "https://a/b/"), ("PUBLIC_URL", "https://a b")])
def test_a_bad_value_is_refused_by_its_variables_name(name: str, text: str) -> None:
    assert refusal(**{name: text}).startswith(f"WAYMARK_{name} must be ")


@pytest.mark.parametrize(("name", "text"), [
    ("BIND", ":80"), ("BIND", "[::]:65535"), ("WORKERS", "1"), ("WORKERS", "256"), ("MAX_BODY", "1024"),
    ("MAX_BATCH", "100000"), ("PAGE_LIMIT", "10000"), ("DATABASE", "a" * 38), ("PUBLIC_URL", ""),
    ("PUBLIC_URL", "https://a:8443/b/c"), ("MONGODB_URI", "mongodb://a")])
def test_a_value_at_the_edge_is_accepted(name: str, text: str) -> None:
    assert read_settings({f"WAYMARK_{name}": text}) != Settings() or text == ""


@pytest.mark.parametrize("name", ["WAYMARK_BINDS", "WAYMARK_", "WAYMARK_bind", "WAYMARK_PORT"])
def test_a_variable_that_is_no_setting_is_refused_by_its_name(name: str) -> None:
    said = refusal(**{name.removeprefix("WAYMARK_"): "8080"})
    assert said.startswith(f"{name} is no setting")
    assert "WAYMARK_BIND," in said


@pytest.mark.parametrize("variables", [{"ADMIN_KEY": "root"}, {"ADMIN_SECRET": SECRET}])
def test_an_administrators_key_and_secret_are_given_together(variables: dict[str, str]) -> None:
    assert "WAYMARK_ADMIN_KEY and WAYMARK_ADMIN_SECRET" in refusal(**variables)


def test_a_short_administrators_secret_is_refused() -> None:
    assert refusal(ADMIN_KEY="root", ADMIN_SECRET=SECRET[1:]).startswith("WAYMARK_ADMIN_SECRET must have 32")


def test_a_colon_in_the_administrators_key_is_refused() -> None:
    assert refusal(ADMIN_KEY="ro:ot", ADMIN_SECRET=SECRET).startswith("WAYMARK_ADMIN_KEY can't hold a colon")


@pytest.mark.parametrize("variables", [
    {"ADMIN_KEY": "root", "ADMIN_SECRET": "hunter2"}, {"ADMIN_KEY": "a:b", "ADMIN_SECRET": "hunter2" * 9},
    {"ADMIN_SECRET": "hunter2" * 9}, {"MONGODB_URI": "postgres://me:hunter2@db/"}])
def test_a_refusal_never_shows_a_secret(variables: dict[str, str]) -> None:
    assert "hunter2" not in refusal(**variables)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().bind = "0.0.0.0:80"  # type: ignore[misc]


def test_an_option_of_the_command_line_stands_over_a_variable_and_none_over_nothing() -> None:
    settings = read_settings({"WAYMARK_BIND": "a:1", "WAYMARK_WORKERS": "2"}).with_options(bind="b:2", workers=None)
    assert (settings.bind, settings.workers) == ("b:2", 2)


def test_a_bad_option_is_refused_as_a_bad_variable_is() -> None:
    with pytest.raises(BadSetting, match="WAYMARK_BIND must be HOST:PORT, not 'nowhere'"):
        Settings().with_options(bind="nowhere")


@pytest.mark.parametrize(("bind", "public", "url"), [
    ("127.0.0.1:8080", "", "http://127.0.0.1:8080"), ("0.0.0.0:80", "", "http://127.0.0.1:80"),
    (":80", "", "http://127.0.0.1:80"), ("[::]:80", "", "http://127.0.0.1:80"), ("[::1]:80", "", "http://[::1]:80"),
    ("0.0.0.0:80", "https://lrs.example.com/x", "https://lrs.example.com/x")])
def test_clients_are_told_an_address_that_they_can_reach(bind: str, public: str, url: str) -> None:
    assert Settings(bind=bind, public_url=public).base_url == url
