"""Signing in takes two steps where somebody has a second factor, and one's password and second factor are one's own."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from riverchief.accounts.command import reset_second_factor_command
from riverchief.accounts.models import SecondFactor, User
from riverchief.base.audit import entries
from riverchief.base.clock import use_clock

from tests.riverchief.accounts.signing_in import FAST, PASSWORD, Browser, code_of, later
from tests.riverchief.rectify.office import NOON, Office, make_office


@pytest.fixture
def office(db, settings) -> Office:
    settings.PASSWORD_HASHERS = FAST
    with use_clock(NOON):
        made = make_office()
        for name in ("city_office", "administrator", "county_office"):
            made[name].set_password(PASSWORD)
            made[name].save()
        yield made


def browser_of(user: User) -> Browser:
    browser = Browser()
    assert browser.sign_in(user).json()["user"]["username"] == user.username
    return browser


def logged() -> list[str]:
    return [entry.action for entry in entries("accounts")]


def test_with_a_second_factor_the_password_alone_signs_nobody_in(office):
    mine, elsewhere = browser_of(office["city_office"]), browser_of(office["city_office"])
    assert mine.post("/account/second_factor", password="wrong").status_code == 422
    secret, _ = mine.set_up(password=PASSWORD)
    assert mine.signed_in() == "city_office"
    assert elsewhere.signed_in() is None, "it began without the second factor"
    assert secret.encode() not in bytes(SecondFactor.objects.get().secret)

    door = Browser()
    assert door.post("/session/second_factor", code="000000").status_code == 409
    answer = door.sign_in(office["city_office"]).json()
    assert (answer["user"], answer["second_step"]) == (None, "code")
    assert door.post("/account/second_factor").status_code == 401, "no other may be set up in its place"
    with later(minutes=11):
        assert door.post("/session/second_factor", code=code_of(secret)).status_code == 409
    with later(minutes=1):
        assert door.post("/session/second_factor", code=code_of(secret)).json()["second_step"] is None
        assert door.signed_in() == "city_office"
        again = Browser()
        again.sign_in(office["city_office"])
        told = again.post("/session/second_factor", code=code_of(secret))
        assert (told.status_code, told.json()["field"]) == (422, "code"), "each code is taken once"


def test_wrong_codes_lock_longer_each_time_and_recovery_codes_still_let_in_once(office):
    secret, recovery = browser_of(office["city_office"]).set_up(password=PASSWORD)
    assert len(set(recovery)) == 10
    assert not any(code in str(SecondFactor.objects.get().recovery) for code in recovery)
    door = Browser()
    door.sign_in(office["city_office"])
    with later(minutes=1):
        right = code_of(secret)
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        tries = [door.post("/session/second_factor", code=code).status_code for code in [wrong] * 5 + [right]]
        assert tries == [422] * 5 + [429]
        assert door.post("/session/second_factor", code=recovery[0].upper()).status_code == 200
        other = Browser()
        other.sign_in(office["city_office"])
        assert other.post("/session/second_factor", code=recovery[0]).status_code == 422
    SecondFactor.objects.update(failures=9, locked_until=None)
    door.sign_in(office["city_office"])
    with later(minutes=2):
        assert door.post("/session/second_factor", code=wrong).status_code == 422
        assert SecondFactor.objects.get().locked_until == NOON + timedelta(minutes=2 + 30)
    with later(minutes=33):
        door.sign_in(office["city_office"])
        assert door.post("/session/second_factor", code=code_of(secret)).status_code == 200
        assert door.get("/account").json()["second_factor"]["recovery_codes_left"] == 9


def test_a_role_that_must_have_one_sets_it_up_before_anything_else(office, settings):
    settings.RIVERCHIEF_SIGN_IN.write_text('second_factor = ["city_office"]\n')
    door = Browser()
    assert door.sign_in(office["city_office"]).json()["second_step"] == "set_up"
    assert {door.get(path).status_code for path in ("/account", "/problems", "/areas")} == {401}
    secret, recovery = door.set_up()
    assert door.signed_in() == "city_office"
    assert browser_of(office["county_office"]).get("/account").json()["must_have"] is False
    with later(minutes=1):
        refused = door.post("/account/second_factor/remove", password=PASSWORD, code=code_of(secret))
        assert refused.status_code == 409
    new = door.post("/account/recovery_codes", code=recovery[0]).json()["recovery_codes"]
    assert not set(new) & set(recovery)
    settings.RIVERCHIEF_SIGN_IN.write_text("")
    with later(minutes=2):
        gone = door.post("/account/second_factor/remove", password=PASSWORD, code=code_of(secret))
        assert gone.status_code == 204
    assert browser_of(office["city_office"]).signed_in() == "city_office"
    assert logged()[-3:] == [
        "account.set_up_second_factor",
        "account.renew_recovery_codes",
        "account.remove_second_factor",
    ]


@pytest.mark.parametrize("text", ['second_factor = ["city_ofice"]', 'second_facter = ["city_office"]', "="])
def test_a_file_that_cannot_be_used_lets_nobody_in_and_says_why(office, settings, text):
    settings.RIVERCHIEF_SIGN_IN.write_text(text)
    told = Browser().sign_in(office["city_office"])
    assert (told.status_code, told.json()["code"]) == (409, "sign_in_misconfigured")
    assert "sign_in.toml" in told.json()["message"]


def test_an_administrator_resets_the_second_factor_of_others_whose_accounts_they_keep(office):
    browser = browser_of(office["city_office"])
    browser.set_up(password=PASSWORD)
    admin = browser_of(office["administrator"])
    admin.set_up(password=PASSWORD)
    path = f"/accounts/{office['city_office'].pk}"
    assert admin.get(path).json()["second_factor"] is True
    assert browser_of(office["county_office"]).post(f"{path}/second_factor/reset").status_code == 403
    own = admin.post(f"/accounts/{office['administrator'].pk}/second_factor/reset")
    assert own.status_code == 403, "one's own takes a code"
    assert admin.post(f"{path}/second_factor/reset").json()["second_factor"] is False
    assert browser.signed_in() is None
    assert browser_of(office["city_office"]).signed_in() == "city_office"
    assert logged()[-1] == "account.reset_second_factor"
    # Who keeps the machine helps the last administrator.
    done = CliRunner().invoke(reset_second_factor_command, ["administrator"])
    assert (done.exit_code, admin.signed_in()) == (0, None), done.output


def test_a_password_is_changed_by_whoever_knows_the_old_one_and_every_other_session_ends(office):
    mine, elsewhere = browser_of(office["city_office"]), browser_of(office["city_office"])

    def change(password: str, new: str) -> tuple[int, str | None]:
        answer = mine.post("/account/password", password=password, new_password=new)
        return answer.status_code, answer.content and answer.json()["field"]

    new = "Another-2026-bridge"
    assert change("wrong", new) == (422, "password")
    assert change(PASSWORD, "12345678901") == (422, "new_password")
    assert change(PASSWORD, PASSWORD) == (422, "new_password")
    assert change(PASSWORD, new) == (204, b"")
    assert (mine.signed_in(), elsewhere.signed_in()) == ("city_office", None)
    assert Browser().sign_in(office["city_office"]).status_code == 422
    assert Browser().sign_in(office["city_office"], new).status_code == 200
    assert not any(word in entry.body for entry in entries("accounts") for word in (new, PASSWORD))
    assert [change("wrong", "x")[0] for _ in range(5)][-1] == 429
