"""A provider of identities signs people in: those who have an account here, and only by its word as it stands."""

import contextvars
import threading

import pytest
from joserfc.jwk import ECKey
from riverchief.accounts.models import Identity, User
from riverchief.base.audit import entries
from riverchief.base.clock import use_clock

from tests.riverchief.accounts.provider import CLIENT, SECRET, SmallProvider, serve
from tests.riverchief.accounts.signing_in import FAST, PASSWORD, Browser, code_of, later
from tests.riverchief.rectify.office import NOON, make_office

FILE = """
[[provider]]
key = "city"
name_zh = "市统一身份认证"
name_en = "City identity"
issuer = "{issuer}"
client_id = "{client}"
client_secret = "env:OIDC_SECRET"
"""


@pytest.fixture
def provider(db, settings, monkeypatch):
    """A provider that the installation's file names, and an office."""
    settings.PASSWORD_HASHERS = FAST
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    with use_clock(NOON):
        made, small = make_office(), SmallProvider()
        made["city_office"].set_password(PASSWORD)
        made["city_office"].save()
        with serve(small) as server:
            # The provider goes by the clock of the test.
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=[server.serve_forever, 0.02], daemon=True).start()
            small.write = lambda more="": settings.RIVERCHIEF_SIGN_IN.write_text(
                FILE.format(issuer=small.issuer, client=CLIENT) + more, encoding="utf-8"
            )
            small.write()
            yield small
            server.shutdown()


def go(browser: Browser, to: str = "/map") -> str:
    return browser.post("/session/oidc/city", to=to).json()["url"]


def come_back(browser: Browser, provider: SmallProvider, to: str = "/map"):
    return browser.post("/session/oidc", **provider.approve(go(browser, to)))


def linked(provider: SmallProvider) -> Browser:
    """Somebody of the city's office links their account to the subject at the provider."""
    mine = Browser()
    mine.sign_in(User.objects.get(username="city_office"))
    assert mine.post("/account/identities", provider="city", password="wrong").status_code == 422
    url = mine.post("/account/identities", provider="city", password=PASSWORD).json()["url"]
    answer = mine.post("/session/oidc", **provider.approve(url))
    assert (answer.status_code, answer.json()["to"]) == (200, "/account"), answer.content
    return mine


def test_a_linked_account_is_signed_in_and_unlinked_again(provider):
    stranger = Browser()
    assert stranger.get("/session").json()["providers"][0]["key"] == "city"
    before = User.objects.count()
    assert come_back(stranger, provider).status_code == 403, "nobody is known by this subject"
    assert User.objects.count() == before, "no account is made"

    mine = linked(provider)
    assert come_back(stranger, provider, "/problems?mine=1").json()["to"] == "/problems?mine=1"
    assert stranger.signed_in() == "city_office"
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert come_back(Browser(), provider, elsewhere).json()["to"] == "/map"

    provider.claims["sub"] = "subject-1"
    assert come_back(Browser(), provider).status_code == 403, "a subject in other letters is another one"
    provider.claims["sub"] = "Subject-1"
    secret, _ = mine.set_up(password=PASSWORD)
    door = Browser()
    assert come_back(door, provider).json()["session"]["second_step"] == "code"
    with later(minutes=1):
        assert door.post("/session/second_factor", code=code_of(secret)).status_code == 200
    provider.write("asks_second_factor = true\n")
    trusted = Browser()
    assert come_back(trusted, provider).json()["session"]["user"]["username"] == "city_office"

    row = mine.get("/account").json()["identities"][0]
    assert mine.post(f"/account/identities/{row['id']}/remove").status_code == 204
    assert come_back(Browser(), provider).status_code == 403
    assert "Subject-1" not in "".join(entry.body for entry in entries("accounts"))


def test_a_configured_claim_finds_the_account_once_and_then_its_subject_holds(provider):
    provider.write('claim = "email"\n')
    User.objects.filter(username="city_office").update(username="Li@city.example")
    provider.claims = {"sub": "s1", "email": "li@CITY.example", "email_verified": False}
    assert come_back(Browser(), provider).status_code == 403, "nobody has verified that it is theirs"
    provider.claims["email_verified"] = True
    assert come_back(Browser(), provider).status_code == 200
    assert Identity.objects.get().subject == "s1"
    provider.claims["sub"] = "s2"
    assert come_back(Browser(), provider).status_code == 409, "another person of that address"
    provider.claims = {"sub": "s1", "email": "moved@city.example", "email_verified": True}
    assert come_back(Browser(), provider).status_code == 200
    User.objects.filter(username="Li@city.example").update(is_active=False)
    assert come_back(Browser(), provider).status_code == 403


WRONG = {
    "a forged signature": {"forger": ECKey.generate_key("P-256", {"kid": "one"})},
    "no signature": {"algorithm": "none"},
    "another audience": {"wrong": {"aud": "another"}},
    "an audience of two, for the other": {"wrong": {"aud": [CLIENT, "another"], "azp": "another"}},
    "another issuer": {"wrong": {"iss": "https://another.example"}},
    "another nonce": {"wrong": {"nonce": "another"}},
    "no nonce": {"wrong": {"nonce": None}},
    "too late": {"wrong": {"exp": int(NOON.timestamp()) - 3600}},
    "no subject": {"wrong": {"sub": None}},
    "metadata of another issuer": {"metadata": {"issuer": "https://another.example"}},
    "keys over a line that others read": {"metadata": {"jwks_uri": "http://another.example/keys"}},
}


def test_a_word_of_the_provider_that_does_not_hold_signs_nobody_in(provider):
    linked(provider)
    answers = {}
    for name, fault in WRONG.items():
        browser = Browser()
        back = provider.approve(go(browser))
        right = {part: getattr(provider, part) for part in fault}
        vars(provider).update(fault)
        answers[name] = browser.post("/session/oidc", **back).json()["code"], browser.signed_in()
        vars(provider).update(right)
    assert answers == dict.fromkeys(WRONG, ("provider_failed", None))
    assert come_back(Browser(), provider).status_code == 200, "and rightly it does"


def test_a_return_holds_once_and_where_it_was_begun_only(provider):
    linked(provider)
    browser = Browser()
    back = provider.approve(go(browser))
    assert Browser().post("/session/oidc", **back).status_code == 409, "a browser that did not begin it"
    assert browser.post("/session/oidc", **back | {"state": "another"}).status_code == 409
    assert browser.post("/session/oidc", **back).status_code == 409, "used up by the wrong state"
    back = provider.approve(go(browser))
    assert browser.post("/session/oidc", **back, iss="https://another.example").status_code == 409
    back = provider.approve(go(browser))
    with later(minutes=11):
        assert browser.post("/session/oidc", **back).status_code == 409
    back = provider.approve(go(browser))
    assert browser.post("/session/oidc", **back).status_code == 200
    assert browser.post("/session/oidc", **back).status_code == 409
